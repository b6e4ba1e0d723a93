export { TemplateError } from "./errors.ts";
export { goMap, GoTime } from "./values.ts";
export { goJson, goText } from "./print.ts";
export { renderTemplate } from "./render.ts";
