import { executeTemplate } from "./execute.ts";
import { FUNCTIONS } from "./functions.ts";
import { parseTemplate } from "./parse.ts";

const NAMES = new Set([...Object.keys(FUNCTIONS), "and", "or"]);

/**
 * Renders a Go text/template, as `--format` takes it.
 *
 * @param name the template's name in messages; podman uses the command's.
 * @throws {TemplateError}
 */
export function renderTemplate(source: string, data: unknown, name: string): string {
  return executeTemplate(parseTemplate(source, name, NAMES), data);
}
