import { UsageError } from "@wherry/core/cli";

/** The numbers of `--preserve-fd 3,5`. @throws {UsageError} */
export function readNumbers(values: readonly string[] | undefined): number[] {
  return (values ?? []).flatMap((value) => value.split(",")).map(readNumber);
}

function readNumber(text: string): number {
  if (!/^\d{1,4}$/.test(text) || Number(text) < 3)
    throw new UsageError(
      `invalid --preserve-fd ${JSON.stringify(text)}: expected file descriptors from 3 on`,
    );
  return Number(text);
}
