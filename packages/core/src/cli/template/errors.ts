import { WherryError } from "../../error/index.ts";
import type { Position } from "./syntax.ts";

/** A `--format` template is wrong, or asks for what the data does not have. In the words of Go's text/template. */
export class TemplateError extends WherryError {
  override readonly code = "ERR_WHERRY_TEMPLATE";
  constructor(message: string) {
    super(`template: ${message}`, {
      hint: "Print all fields with `--format json` to see their names",
    });
  }
}

/** An error while the template is read: `template: ps:1: unexpected "}" in operand`. */
export function parseError(name: string, { line }: Position, message: string): TemplateError {
  return new TemplateError(`${name}:${line}: ${message}`);
}

/** An error while it is executed: `template: ps:1:2: executing "ps" at <.Foo>: can't evaluate field Foo in type …`. */
export function executionError(name: string, at: Position, text: string, message: string): TemplateError {
  return new TemplateError(`${name}:${at.line}:${at.column}: executing "${name}" at <${text}>: ${message}`);
}
