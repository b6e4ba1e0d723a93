/** The target of `rel="next"` in Link headers (RFC 8288); undefined when there is none. */
export function nextLink(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  for (const text of typeof header === "string" ? [header] : header) {
    for (const [, target = "", parameters = ""] of text.matchAll(
      /<([^>]*)>((?:\s*;\s*[^;,="]+(?:=(?:"[^"]*"|[^;,"]*))?)*)/g,
    )) {
      if (hasRelationNext(parameters)) return target;
    }
  }
  return undefined;
}

function hasRelationNext(parameters: string): boolean {
  const match = /;\s*rel\s*=\s*(?:"([^"]*)"|([^;,\s]*))/i.exec(parameters);
  const relations = (match?.[1] ?? match?.[2] ?? "").toLowerCase();
  return relations.split(/\s+/).includes("next");
}
