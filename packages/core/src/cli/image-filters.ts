import type { Store, StoredImage } from "../store/index.ts";
import { UsageError } from "./errors.ts";
import { parseMoment } from "./parse-moment.ts";

type Fits = (image: StoredImage) => boolean;

export interface ImageFilterContext {
  readonly store: Store;
  /** All images: for `before` and `since`. */
  readonly images: readonly StoredImage[];
  readonly now: Date;
}

/**
 * What `--filter KEY=VALUE` of image commands asks; all must fit.
 *
 * @throws {UsageError} for a key or value that is not known
 */
export function imageFilter(filters: readonly string[], context: ImageFilterContext): Fits {
  const all = filters.map((filter) => {
    const [, key, value] = /^([^=]*?!?)=(.*)$/s.exec(filter) ?? [];
    if (key === undefined || value === undefined)
      throw new UsageError(
        `invalid image filter ${JSON.stringify(filter)}: must be in the format "filter=value"`,
      );
    return oneFilter(key, value, context);
  });
  return (image) => all.every((fits) => fits(image));
}

function oneFilter(key: string, value: string, { store, images, now }: ImageFilterContext): Fits {
  switch (key) {
    case "dangling": {
      const isWanted = truth(key, value);
      return ({ names }) => (names.length === 0) === isWanted;
    }
    case "label":
    case "label!": {
      const equals = value.indexOf("=");
      const label = equals === -1 ? value : value.slice(0, equals);
      const wanted = equals === -1 ? undefined : value.slice(equals + 1);
      const has: Fits = ({ labels }) =>
        Object.hasOwn(labels, label) && (wanted === undefined || labels[label] === wanted);
      return key === "label" ? has : (image) => !has(image);
    }
    case "reference": {
      const pattern = patternOf(value);
      return ({ names }) => names.some((name) => pattern.test(name));
    }
    case "id":
      return ({ id }) => id.replace("sha256:", "").startsWith(value);
    case "digest":
      return ({ manifest }) => manifest.digest.startsWith(value);
    case "containers": {
      const isWanted = truth(key, value);
      const used = new Set(store.containers.list().map(({ imageId }) => imageId));
      return ({ id }) => used.has(id) === isWanted;
    }
    case "readonly": {
      const isWanted = truth(key, value);
      return () => !isWanted;
    }
    case "before":
    case "since":
    case "after": {
      const other = store.images.get(value);
      const isBefore = key === "before";
      return ({ created }) => (isBefore ? created < other.created : created > other.created);
    }
    case "until": {
      const moment = parseMoment(value, now).getTime();
      return ({ created }) => new Date(created).getTime() < moment;
    }
    case "intermediate":
      return () => !truth(key, value) || images.length === 0;
    default:
      throw new UsageError(`unsupported image filter ${JSON.stringify(`${key}=${value}`)}`);
  }
}

/** A name with or without registry and tag; `*` and `?` stand for parts of it. */
function patternOf(value: string): RegExp {
  const body = value
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", "[^/]*")
    .replaceAll("?", "[^/]");
  const hasTag = value.includes(":", value.lastIndexOf("/") + 1) || value.includes("@");
  return new RegExp(`(?:^|/)${body}${hasTag ? "" : "(?:[:@].*)?"}$`);
}

function truth(key: string, value: string): boolean {
  if (["true", "1"].includes(value)) return true;
  if (["false", "0"].includes(value)) return false;
  throw new UsageError(`non-boolean value ${JSON.stringify(value)} for ${key} filter`);
}
