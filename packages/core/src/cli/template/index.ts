export { TemplateError } from "./errors.ts";
export { GoTime } from "./time.ts";
export { goFields, goMap, goType } from "./values.ts";
export { goJson, goText } from "./print.ts";
export { renderTemplate } from "./render.ts";
