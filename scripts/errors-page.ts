/**
 * Writes docs/errors.md out of the error classes: their code, what their doc comment says, and the exit status.
 * Run by `npm run docs`.
 */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

interface ErrorEntry {
  readonly code: string;
  readonly meaning: string;
  readonly exitStatus: string;
  readonly hint: string;
}

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

const HEADER = `# Errors

Every failure a user can reach has a code, an exit status and one sentence; most have a hint that says what to do. Scripts that use the
library match on the code, never on the message. The exit status is that of \`wherry\` and \`wherry-build\`; \`wherry-image\` ends as skopeo does:
2 when the image was not found, else 1; and 3 when the registry does not let us, 4 when it limits our requests. This page is made by \`npm run docs\`.

| code | meaning | status | what to do |
| --- | --- | --- | --- |
`;

const entries = globSync("packages/*/src/**/*.ts", { cwd: ROOT })
  .filter((path) => !path.endsWith(".spec.ts"))
  .flatMap((path) => entriesIn(readFileSync(join(ROOT, path), "utf8")))
  .sort((a, b) => (a.code < b.code ? -1 : 1));
const rows = entries.map(
  ({ code, meaning, exitStatus, hint }) => `| \`${code}\` | ${meaning} | ${exitStatus} | ${hint} |`,
);
writeFileSync(join(ROOT, "docs", "errors.md"), `${HEADER}${rows.join("\n")}\n`);

/** The error classes of a source file: a doc comment, a class, and in it the code. */
function entriesIn(source: string): ErrorEntry[] {
  const classes = source.split(/(?=^\/\*\*(?:(?!\*\/)[^])*?\*\/\n(?:export )?(?:abstract )?class \w+)/m);
  return classes.flatMap((text) => {
    const code = /\bcode(?:: [^=]+)? = "(ERR_WHERRY_[A-Z0-9_]+)"/.exec(text)?.[1];
    const comment = /^\/\*\*((?:(?!\*\/)[^])*?)\*\/\n(?:export )?(?:abstract )?class/m.exec(text)?.[1];
    if (code === undefined) return [];
    const exitStatus = /exitStatus(?:: number)? = (\d+)/.exec(text)?.[1] ?? "125";
    const hint = /hint:\s*(["'`])((?:(?!\1)[^\\]|\\.)*)\1/.exec(text)?.[2] ?? "";
    return [{ code, meaning: cell(comment ?? ""), exitStatus, hint: cell(hint) }];
  });
}

/** Text of a comment or literal as a cell of a table. */
function cell(text: string): string {
  return text
    .replaceAll(/^\s*\*\s?/gm, "")
    .replaceAll(/\$\{[^}]*\}/g, "…")
    .replaceAll(/\\(["'`])/g, "$1")
    .replaceAll(/\s+/g, " ")
    .replaceAll("|", "\\|")
    .trim();
}
