import { main } from "@wherry/core/cli";
import { program } from "./program.ts";

void main(program);
