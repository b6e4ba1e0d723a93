export { Completion as default } from "@wherry/core/cli/completion";
