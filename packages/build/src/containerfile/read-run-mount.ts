import { SyntaxProblem } from "./errors.ts";
import {
  lastPart,
  modeOf,
  ownerOf,
  sharingOf,
  sizeOf,
  switchOf,
  targetOf,
  type MountValues,
} from "./mount-values.ts";
import type { RunMount } from "./run-mount.ts";

/** Makes a mount of each type out of its values; they throw SyntaxProblem. */
export const READERS: Readonly<Record<RunMount["type"], (values: MountValues) => RunMount>> = {
  bind: (values) => ({
    type: "bind",
    ...optional({ from: values.get("from") }),
    source: values.get("source") ?? "/",
    target: targetOf(values, "bind"),
    readOnly: !switchOf(values, "readwrite") || switchOf(values, "readonly"),
  }),
  cache: (values) => {
    checkCacheSource(values);
    return {
      type: "cache",
      ...optional({ id: values.get("id"), from: values.get("from") }),
      source: values.get("source") ?? "/",
      target: targetOf(values, "cache"),
      sharing: sharingOf(values.get("sharing") ?? "shared"),
      readOnly: switchOf(values, "readonly"),
      mode: modeOf(values.get("mode"), 0o755),
      ...ownerOf(values),
    };
  },
  secret: (values) => {
    const env = values.get("env");
    const target = values.get("target");
    const source =
      values.get("id") ?? values.get("source") ?? (target === undefined ? env : lastPart(target));
    if (source === undefined || source === "")
      throw new SyntaxProblem("--mount=type=secret needs an id, such as id=token");
    const file = target ?? (env === undefined ? `/run/secrets/${lastPart(source)}` : undefined);
    return {
      type: "secret",
      id: source,
      ...optional({ target: file, env }),
      required: switchOf(values, "required"),
      mode: modeOf(values.get("mode"), 0o400),
      ...ownerOf(values),
    };
  },
  ssh: (values) => ({
    type: "ssh",
    id: values.get("id") ?? values.get("source") ?? "default",
    ...optional({ target: values.get("target") }),
    required: switchOf(values, "required"),
    mode: modeOf(values.get("mode"), 0o600),
    ...ownerOf(values),
  }),
  tmpfs: (values) => {
    const mode = values.get("mode");
    return {
      type: "tmpfs",
      target: targetOf(values, "tmpfs"),
      ...optional({
        size: sizeOf(values.get("size")),
        mode: mode === undefined ? undefined : modeOf(mode, 0),
      }),
    };
  },
};

/** A cache is mounted whole: `source` says what of `from` a new one begins with. @throws {SyntaxProblem} */
function checkCacheSource(values: MountValues): void {
  const source = values.get("source");
  if (source === undefined || values.has("from") || /^(?:\/|\.\/)*\.?$/.test(source)) return;
  throw new SyntaxProblem(
    "source of --mount=type=cache is a folder of from, which is missing: caches are mounted whole, and kept apart by id",
  );
}

function optional<T extends object>(record: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as never;
}
