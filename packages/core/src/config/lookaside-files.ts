import { readFileSync } from "node:fs";
import * as v from "valibot";
import { parseDocument } from "yaml";
import { FileSystemError } from "../error/index.ts";
import { InvalidConfigurationError } from "./errors.ts";
import type { Lookaside, Lookasides } from "./lookasides.ts";

const url = v.optional(v.nullable(v.string()));
/** The older names still count, as in containers/image; other keys are of no use to us. */
const namespaceSchema = v.nullable(
  v.looseObject({
    lookaside: url,
    "lookaside-staging": url,
    sigstore: url,
    "sigstore-staging": url,
    "use-sigstore-attachments": v.optional(v.nullable(v.boolean())),
  }),
);
const fileSchema = v.nullable(
  v.looseObject({
    "default-docker": v.optional(namespaceSchema),
    docker: v.optional(v.nullable(v.record(v.string(), namespaceSchema))),
  }),
);

/** Reads files of registries.d. No two may speak of one scope. @throws {InvalidConfigurationError} */
export function parseLookasides(paths: readonly string[]): Omit<Lookasides, "builtIn"> {
  let usual: Lookaside | undefined;
  const scopes = new Map<string, Lookaside>();
  const sources = new Map<string, string>();
  const claim = (what: string, path: string): void => {
    const other = sources.get(what);
    if (other !== undefined) throw new InvalidConfigurationError(path, `${what} is in ${other} too`);
    sources.set(what, path);
  };
  for (const path of paths) {
    const content = readFile(path);
    const { "default-docker": byDefault, docker } = content ?? {};
    if (byDefault !== undefined && byDefault !== null) {
      claim("default-docker", path);
      usual = lookasideOf(byDefault);
    }
    for (const [scope, namespace] of Object.entries(docker ?? {})) {
      claim(`docker: ${scope}`, path);
      scopes.set(scope, lookasideOf(namespace ?? {}));
    }
  }
  return { usual, scopes };
}

function lookasideOf(namespace: NonNullable<v.InferOutput<typeof namespaceSchema>>): Lookaside {
  const nonEmpty = (
    ...names: readonly ("lookaside" | "sigstore" | "lookaside-staging" | "sigstore-staging")[]
  ) => names.map((name) => namespace[name] ?? "").find((text) => text !== "");
  return {
    read: nonEmpty("lookaside", "sigstore"),
    staging: nonEmpty("lookaside-staging", "sigstore-staging"),
  };
}

function readFile(path: string): v.InferOutput<typeof fileSchema> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new FileSystemError("read", path, error);
  }
  const document = parseDocument(text);
  const [problem] = document.errors;
  if (problem !== undefined)
    throw new InvalidConfigurationError(path, problem.message.split("\n")[0]?.replace(/:$/, "") ?? "");
  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new InvalidConfigurationError(path, error instanceof Error ? error.message : String(error), error);
  }
  const parsed = v.safeParse(fileSchema, content ?? null);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new InvalidConfigurationError(path, `${v.getDotPath(issue) ?? "the document"}: ${issue.message}`);
}
