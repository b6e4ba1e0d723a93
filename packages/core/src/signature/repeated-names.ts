/** A string, with the colon behind it where it is a name; or where an object or list begins or ends. */
const TOKEN = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g;

/**
 * Whether an object of a JSON text has a name twice: `JSON.parse` lets the last one count, other readers the first.
 *
 * @param json what `JSON.parse` takes
 */
export function repeatsName(json: string): boolean {
  const open: (Set<unknown> | undefined)[] = [];
  for (const [token, colon] of json.matchAll(TOKEN)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    else if (colon !== undefined) {
      const name: unknown = JSON.parse(token.slice(0, -colon.length));
      const names = open.at(-1);
      if (names?.has(name) === true) return true;
      names?.add(name);
    }
  }
  return false;
}
