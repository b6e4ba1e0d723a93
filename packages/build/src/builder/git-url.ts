import { posix } from "node:path";
import { StepProblem } from "./errors.ts";

/** A place in a git repository, as `ADD` and contexts name it. */
export interface GitUrl {
  /** Without user and password, where it is reached by HTTP. */
  readonly remote: string;
  /** `user:password` for HTTP. */
  readonly credentials?: string;
  /** Branch, tag or commit; undefined for what the repository begins with. */
  readonly ref?: string;
  /** Folder of the repository, without slashes at its ends; "" for all of it. */
  readonly folder: string;
}

/** `user@host:path`, as ssh and scp name places. */
const SCP = /^[\w.-]+@[\w.-]+:(?!\/\/)/;

/** Whether a source of ADD, or a context, is a git repository. */
export function isGitUrl(text: string): boolean {
  return (
    SCP.test(text) ||
    /^(?:git|ssh|git\+ssh|git\+https?):\/\/./.test(text) ||
    /^https?:\/\/[^#?]*\.git\/?(?:#|$)/.test(text)
  );
}

/**
 * Reads `REPOSITORY[#[REF][:FOLDER]]`.
 *
 * @throws {StepProblem} for what git would take for an option, and for a folder that leads out of the repository.
 */
export function parseGitUrl(text: string): GitUrl {
  const hash = text.indexOf("#");
  const [address, fragment] = hash < 0 ? [text, ""] : [text.slice(0, hash), text.slice(hash + 1)];
  const colon = fragment.indexOf(":");
  const [ref, rest] = colon < 0 ? [fragment, ""] : [fragment.slice(0, colon), fragment.slice(colon + 1)];
  if (address.startsWith("-") || ref.startsWith("-") || /[\s\0]/.test(address + ref))
    throw new StepProblem(`invalid git repository ${JSON.stringify(withoutPassword(text))}`);
  const folder = posix.normalize(`./${rest.replace(/^\/+/, "")}`).replace(/^\.?\/+|\/+$|^\.$/g, "");
  if (folder === ".." || folder.startsWith("../"))
    throw new StepProblem(`the folder of ${withoutPassword(text)} leads out of the repository`);
  return { ...separated(address.replace(/^git\+/, "")), ...(ref === "" ? {} : { ref }), folder };
}

function separated(address: string): Pick<GitUrl, "remote" | "credentials"> {
  const [, scheme, credentials, rest] = /^(https?:\/\/)([^/@]+)@(.*)$/.exec(address) ?? [];
  if (scheme === undefined || credentials === undefined || rest === undefined) return { remote: address };
  return { remote: `${scheme}${rest}`, credentials: decodeURIComponent(credentials) };
}

function withoutPassword(text: string): string {
  return text.replace(/^([a-z+]+:\/\/)[^/@]*@/, "$1");
}
