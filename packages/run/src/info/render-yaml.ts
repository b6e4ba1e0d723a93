/** Plain data as YAML, in the form podman prints: two spaces, no quotes where none are needed. */
export function renderYaml(value: unknown, depth = 0): string {
  const indent = "  ".repeat(depth);
  if (Array.isArray(value)) {
    return value.map((item) => `${indent}- ${renderItem(item, depth)}`).join("");
  }
  return Object.entries(value as Record<string, unknown>)
    .map(([key, inner]) => `${indent}${scalar(key)}:${renderValue(inner, depth)}`)
    .join("");
}

function renderValue(value: unknown, depth: number): string {
  if (typeof value !== "object" || value === null) return ` ${scalar(value)}\n`;
  if (Array.isArray(value)) return value.length === 0 ? " []\n" : `\n${renderYaml(value, depth)}`;
  return Object.keys(value).length === 0 ? " {}\n" : `\n${renderYaml(value, depth + 1)}`;
}

function renderItem(item: unknown, depth: number): string {
  if (typeof item !== "object" || item === null) return `${scalar(item)}\n`;
  return renderYaml(item, depth + 1).trimStart();
}

/** Strings that YAML would read as something else are quoted. */
function scalar(value: unknown): string {
  if (typeof value !== "string") return String(value);
  const plain = /^[A-Za-z0-9_/.@][^\n]*$/.test(value) && !/: |:$| #/.test(value);
  const taken = /^(?:true|false|null|yes|no|on|off|~|[-+]?[0-9.][0-9.eE+-]*)$/i.test(value);
  return plain && !taken ? value : JSON.stringify(value);
}
