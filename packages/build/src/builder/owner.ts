import { StepProblem } from "./errors.ts";
import { resolvePath, type Tree } from "./tree.ts";

/** Owner of files in an image. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export const ROOT: Owner = { uid: 0, gid: 0 };

/**
 * Resolves the value of `--chown`, or of USER: ids, or names of the image's own passwd and group files. Without a group,
 * a name has the group that passwd says, and an id the same number.
 *
 * @throws {StepProblem} when the image knows no such name.
 */
export async function resolveOwner(text: string, tree: Tree): Promise<Owner> {
  const [user = "", group, ...rest] = text.split(":");
  if (rest.length > 0 || (user === "" && (group === undefined || group === "")))
    throw new StepProblem(`invalid owner ${JSON.stringify(text)}: it must be USER or USER:GROUP`);
  const { uid, gid } = user === "" ? ROOT : await findUser(user, tree);
  return { uid, gid: group === undefined || group === "" ? gid : await findGroup(group, tree) };
}

async function findUser(name: string, tree: Tree): Promise<Owner> {
  const id = idOf(name);
  if (id !== undefined) return { uid: id, gid: id };
  for (const [entry, , uid = "", gid = ""] of await fields(tree, "etc/passwd"))
    if (entry === name) return { uid: Number(uid), gid: Number(gid) };
  throw new StepProblem(
    `unknown user ${name}: the image's /etc/passwd does not have it`,
    "add the user first, or give its number",
  );
}

async function findGroup(name: string, tree: Tree): Promise<number> {
  const id = idOf(name);
  if (id !== undefined) return id;
  for (const [entry, , gid = ""] of await fields(tree, "etc/group")) if (entry === name) return Number(gid);
  throw new StepProblem(
    `unknown group ${name}: the image's /etc/group does not have it`,
    "add the group first, or give its number",
  );
}

function idOf(text: string): number | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined;
  const id = Number(text);
  if (id > 2 ** 32 - 2) throw new StepProblem(`invalid id ${text}: ids end at ${2 ** 32 - 2}`);
  return id;
}

async function fields(tree: Tree, path: string): Promise<string[][]> {
  return (await readText(tree, path)).split("\n").map((line) => line.split(":"));
}

/** A text file of the tree; empty when there is none. */
export async function readText(tree: Tree, path: string): Promise<string> {
  const resolved = resolvePath(tree, path);
  if (tree.node(resolved)?.type !== "file") return "";
  return Buffer.from(await tree.bytes(resolved)).toString("utf8");
}
