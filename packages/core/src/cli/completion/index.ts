export { Completion } from "./completion-command.ts";
