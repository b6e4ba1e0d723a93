import type { ContainerConfig } from "../oci/index.ts";

type Config = { -readonly [Key in keyof ContainerConfig]: ContainerConfig[Key] };

/**
 * Applies an instruction of a Containerfile to an image's config, as `commit --change` and `import --change` take them:
 * `CMD ["a"]`, `ENV A=b`, also `CMD=a`.
 *
 * @returns undefined when the instruction is not one that changes a config
 */
export function changeConfig(config: ContainerConfig, text: string): ContainerConfig | undefined {
  const [, word = "", rest = ""] = /^\s*([A-Za-z]+)(?:\s+|=)(.*)$/s.exec(text) ?? [];
  const value = rest.trim();
  const changed: Config = { ...config };
  switch (word.toUpperCase()) {
    case "CMD":
      changed.Cmd = commandOf(value);
      break;
    case "ENTRYPOINT":
      changed.Entrypoint = commandOf(value);
      break;
    case "ENV": {
      const pairs = pairsOf(value);
      const names = pairs.map(([name]) => `${name}=`);
      changed.Env = [
        ...(config.Env ?? []).filter((entry) => !names.some((name) => entry.startsWith(name))),
        ...pairs.map(([name, of]) => `${name}=${of}`),
      ];
      break;
    }
    case "LABEL":
      changed.Labels = { ...config.Labels, ...Object.fromEntries(pairsOf(value)) };
      break;
    case "EXPOSE":
      changed.ExposedPorts = {
        ...config.ExposedPorts,
        ...Object.fromEntries(
          value.split(/\s+/).map((port) => [port.includes("/") ? port : `${port}/tcp`, {}]),
        ),
      };
      break;
    case "VOLUME":
      changed.Volumes = {
        ...config.Volumes,
        ...Object.fromEntries(wordsOf(value).map((path) => [path, {}])),
      };
      break;
    case "USER":
      changed.User = value;
      break;
    case "WORKDIR":
      changed.WorkingDir = value.startsWith("/") ? value : `${config.WorkingDir ?? ""}/${value}`;
      break;
    case "STOPSIGNAL":
      changed.StopSignal = value;
      break;
    case "ONBUILD":
      changed.OnBuild = [...(config.OnBuild ?? []), value];
      break;
    default:
      return undefined;
  }
  return value === "" ? undefined : changed;
}

function commandOf(text: string): readonly string[] {
  return jsonWords(text) ?? ["/bin/sh", "-c", text];
}

function wordsOf(text: string): readonly string[] {
  return jsonWords(text) ?? text.split(/\s+/);
}

function jsonWords(text: string): readonly string[] | undefined {
  try {
    const words: unknown = JSON.parse(text);
    return Array.isArray(words) && words.every((word) => typeof word === "string") ? words : undefined;
  } catch {
    return undefined; // not JSON: words
  }
}

/** `A=b C="d e"`, or `A b c`. */
function pairsOf(text: string): [string, string][] {
  const pairs = Array.from(
    text.matchAll(/([^\s=]+)=("(?:[^"\\]|\\.)*"|'[^']*'|\S*)/g),
    ([, name = "", value = ""]): [string, string] => [name, unquoted(value)],
  );
  if (pairs.length > 0) return pairs;
  const [, name = text, value = ""] = /^(\S+)\s+(.*)$/s.exec(text) ?? [];
  return name === "" ? [] : [[name, value]];
}

function unquoted(text: string): string {
  if (/^'.*'$/s.test(text)) return text.slice(1, -1);
  return /^".*"$/s.test(text) ? text.slice(1, -1).replace(/\\(.)/gs, "$1") : text;
}
