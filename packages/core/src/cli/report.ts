import { alignColumns } from "./table.ts";
import { goJson, goType, renderTemplate } from "./template/index.ts";

/** How a list of rows is printed when nothing else is asked. */
export interface ReportStyle {
  /** The command's name, for messages about templates. */
  readonly name: string;
  /** Headings that are not just the field's name in upper case: `{ ID: "CONTAINER ID" }`. */
  readonly headings: Readonly<Record<string, string>>;
  /** `table {{.ID}}\t{{.Names}}`. */
  readonly format: string;
  /** What Go calls the type of a row, for messages: `containers.psReporter`. */
  readonly type?: string;
}

export interface ReportOptions {
  /** `--format`: a template, `table …`, or `json`; default the style's. */
  readonly format?: string | undefined;
  readonly noHeading?: boolean | undefined;
  /** What `--format json` prints; default the rows. */
  readonly json?: () => unknown;
}

/** A template that goes through the rows itself: any other is used for each of them. */
const OVER_ALL = /^\s*\{\{-?\s*range\s+(?:\$\w+\s*(?:,\s*\$\w+\s*)?:=\s*)?\.\s*-?\}\}/;

/**
 * A list as podman prints it: a table, one line per row of a template, or JSON. Rows are objects with Go's names of
 * fields; a name with a function for a value is a method.
 *
 * @throws {TemplateError}
 */
export function renderReport(
  rows: readonly Readonly<Record<string, unknown>>[],
  style: ReportStyle,
  { format = style.format, noHeading = false, json = () => rows }: ReportOptions = {},
): string {
  if (isJson(format)) return `${goJson(json(), "  ")}\n`;
  const table = /^table\s+(.*)$/s.exec(format)?.[1];
  const line = unescape(table === undefined ? format : table.replaceAll(/\}\}\s+\{\{/g, "}}\t{{"));
  const body = OVER_ALL.test(line) ? withLineEnd(line) : `{{range .}}${withLineEnd(line)}{{end}}`;
  const { type } = style;
  const render = (some: typeof rows) => renderPlainly(line, some) ?? renderTemplate(body, some, style.name);
  if (type !== undefined) for (const row of rows) goType(row, type);
  if (table === undefined) return render(rows);
  const heading = noHeading ? "" : render([headingsFor(line, style)]);
  return alignColumns(heading + render(rows));
}

const FIELD = /\{\{\.([A-Z]\w*)\}\}/g;

/** Lines of nothing but fields, as the tables have them, without the engine of templates: it is a fifth of a start of `ps`. */
function renderPlainly(line: string, rows: readonly Readonly<Record<string, unknown>>[]): string | undefined {
  if (/\{\{|\n/.test(line.replaceAll(FIELD, ""))) return undefined;
  const names = Array.from(line.matchAll(FIELD), ([, name = ""]) => name);
  if (rows.some((row) => names.some((name) => typeof row[name] !== "string"))) return undefined;
  return rows.map((row) => `${line.replaceAll(FIELD, (_, name: string) => row[name] as string)}\n`).join("");
}

/**
 * One object as `--format` asks: a template over it, or JSON.
 *
 * @param indent of the JSON.
 * @throws {TemplateError}
 */
export function renderObject(value: unknown, format: string, name: string, indent?: string): string {
  if (isJson(format)) return `${goJson(value, indent)}\n`;
  return renderTemplate(withLineEnd(unescape(format)), value, name);
}

/** Whether `--format` asks for JSON: `json` or `{{json .}}`. */
export function isJson(format: string): boolean {
  return /^\s*(?:json|\{\{\s*json\s*(?:\.\s*)?\}\})\s*$/.test(format);
}

/** A row of headings: every field the template names, so that the same template prints it. */
function headingsFor(line: string, { headings }: ReportStyle): Readonly<Record<string, string>> {
  const names = Array.from(line.matchAll(/\.([A-Z]\w*)/g), ([, name = ""]) => name);
  return Object.fromEntries(names.map((name) => [name, headings[name] ?? spelledOut(name)]));
}

/** `CreatedAt` as `CREATED AT`. */
function spelledOut(name: string): string {
  return name.replaceAll(/([a-z])([A-Z])/g, "$1 $2").toUpperCase();
}

/** The two escapes that are read in `--format` although no shell makes them; inside `{{ }}` Go reads them itself. */
function unescape(format: string): string {
  return format.replaceAll(/\{\{[^]*?\}\}|\\[nt]/g, (part) => ESCAPES[part] ?? part);
}

const ESCAPES: Readonly<Record<string, string | undefined>> = { "\\n": "\n", "\\t": "\t" };

/** As podman: a line ends by itself, unless the template makes line ends of its own. */
function withLineEnd(line: string): string {
  const hasOwn = line.endsWith("\n") || /\{\{[^}]*"[^"]*\\n/.test(line);
  if (hasOwn) return line;
  return line.endsWith("{") ? `${line}\n` : `${line}{{"\\n"}}`;
}
