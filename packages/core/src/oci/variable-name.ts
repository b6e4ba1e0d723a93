/** The name in an entry of an environment, `NAME=value`: in a config's `Env`, and in `process.env` of a runtime spec. */
export function variableName(entry: string): string {
  const equals = entry.indexOf("=");
  return equals === -1 ? entry : entry.slice(0, equals);
}
