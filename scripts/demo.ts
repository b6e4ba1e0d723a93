/**
 * The main job on screen, step by step: a base made without any registry, an image built on it, run without root, answered
 * over HTTP, pushed, inspected, copied. Every command is printed as a user would type it.
 *
 *   npm run demo               run by root it does the work as an ordinary user that it creates
 *   npm run demo -- --clean    removes all that it made
 */
import { spawnSync } from "node:child_process";
import { chownSync, cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { styleText } from "node:util";
import { freePort, startDockerRegistry } from "../test/support/docker-registry.ts";
import { copyTools } from "../test/support/tools.ts";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const USER = "wherry-demo";
const isRoot = process.getuid?.() === 0;
const isClean = process.argv.includes("--clean");

if (isRoot) asDemoUser();
else if (isClean) clean(demoFolder());
else await demo(demoFolder());

/** Where everything of the demo lives; an ordinary user's own images and containers are not touched. */
function demoFolder(): string {
  return join(homedir(), userInfo().username === USER ? "demo" : ".cache/wherry-demo");
}

/** Root's part: makes the user and gives it the tools, then goes on as that user. */
function asDemoUser(): void {
  const exists = spawnSync("id", [USER], { stdio: "ignore" }).status === 0;
  const home = `/home/${USER}`;
  if (isClean) {
    if (!exists) return say(`nothing to remove: there is no user ${USER}`);
    become(home, ["--clean"]);
    must("userdel", ["-f", "-r", USER], "ignore");
    rmSync(home, { recursive: true, force: true });
    return say(`removed the user ${USER} and its home`);
  }
  if (!exists) {
    say(`you are root: making the ordinary user ${USER} for the demo`);
    must("useradd", ["--create-home", "--shell", "/bin/bash", USER]);
  }
  const uid = Number(spawnSync("id", ["-u", USER], { encoding: "utf8" }).stdout);
  for (const part of ["tools", "examples", "scripts", "test"])
    rmSync(join(home, part), { recursive: true, force: true });
  copyTools(join(home, "tools"));
  for (const part of ["examples", "scripts", "test/support", "package.json"]) {
    cpSync(join(ROOT, part), join(home, part), { recursive: true });
  }
  mkdirSync(join(home, "run"), { recursive: true, mode: 0o700 });
  chownSync(join(home, "run"), uid, uid);
  process.exitCode = become(home, []);
}

function become(home: string, args: readonly string[]): number {
  const env = [
    `HOME=${home}`,
    `USER=${USER}`,
    `XDG_RUNTIME_DIR=${home}/run`,
    `PATH=${home}/tools/bin:${process.env["PATH"] ?? ""}`,
  ];
  const node = join(home, "tools", "node_modules", `node-linux-${process.arch}`, "bin", "node");
  const terminal = ["TERM", "NO_COLOR", "FORCE_COLOR"].flatMap((name) =>
    process.env[name] === undefined ? [] : [`${name}=${process.env[name]}`],
  );
  const { status } = spawnSync(
    "setpriv",
    [
      `--reuid=${USER}`,
      `--regid=${USER}`,
      "--init-groups",
      "--",
      "env",
      "-i",
      ...env,
      ...terminal,
      node,
      join(home, "scripts/demo.ts"),
      ...args,
    ],
    { stdio: "inherit", cwd: home },
  );
  return status ?? 1;
}

async function demo(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const tools = join(folder, "tools");
  if (userInfo().username !== USER) {
    rmSync(tools, { recursive: true, force: true });
    copyTools(tools);
  }
  const bin = userInfo().username === USER ? join(homedir(), "tools", "bin") : join(tools, "bin");
  Object.assign(process.env, {
    PATH: `${bin}:${process.env["PATH"] ?? ""}`,
    XDG_DATA_HOME: join(folder, "data"),
  });
  const example = join(ROOT, "examples", "hello-web");
  const [port, first, second] = [await freePort(8080), await freePort(5000), await freePort(5001)];
  const image = "hello-web";
  const [here, there] = [`localhost:${first}/demo/hello-web:1.0`, `localhost:${second}/demo/hello-web:1.0`];

  step("Is this machine ready?");
  show("wherry", ["doctor"], { mayFail: true });
  step("A base image without any registry: busybox of this machine and the libraries it loads");
  show("wherry-build", ["base", "host", "localhost/demo-base", "busybox", "sh"]);
  step("Build an image on it");
  show("wherry-build", ["build", "-t", image, example]);
  show("wherry", ["images"]);
  step("Run it without root: a published port, a bind mount, limits of the kernel's own namespaces");
  spawnSync("wherry", ["rm", "-f", "hello"], { stdio: "ignore" });
  show("wherry", [
    "run",
    "-d",
    "--name",
    "hello",
    "-p",
    `${port}:8080`,
    "-v",
    `${example}/site:/site:ro`,
    image,
  ]);
  await answered(port);
  show("curl", ["-s", `http://127.0.0.1:${port}/`]);
  show("wherry", ["exec", "hello", "busybox", "id"]);
  show("wherry", ["ps"]);
  show("wherry", ["logs", "hello"]);

  step("Two registries on loopback, to push to and to copy to");
  const registries = [
    await startDockerRegistry({ parent: folder, port: first }),
    await startDockerRegistry({ parent: folder, port: second }),
  ];
  try {
    show("wherry", ["push", image, here]);
    show("wherry-image", ["inspect", `docker://${here}`]);
    show("wherry-image", ["copy", `docker://${here}`, `docker://${there}`]);
    show("wherry-image", ["list-tags", `docker://localhost:${second}/demo/hello-web`]);
  } finally {
    for (const registry of registries) await registry[Symbol.asyncDispose]();
    show("wherry", ["rm", "-f", "hello"]);
  }
  whatNext(bin, folder, image);
}

function whatNext(bin: string, folder: string, image: string): void {
  step("What to type next");
  const isDemoUser = userInfo().username === USER;
  const become = isDemoUser
    ? `    su ${USER}; cd; export XDG_RUNTIME_DIR=${process.env["XDG_RUNTIME_DIR"] ?? ""}\n`
    : "";
  console.log(`${become}    export PATH=${bin}:$PATH XDG_DATA_HOME=${join(folder, "data")}
    wherry run -it --rm ${image} sh
    wherry --help; wherry-build --help; wherry-image --help
    ${isDemoUser ? "exit; " : ""}npm run demo -- --clean        # removes all that this made`);
}

function clean(folder: string): void {
  const env = { ...process.env, XDG_DATA_HOME: join(folder, "data") };
  spawnSync("wherry", ["rm", "-f", "-a"], { stdio: "ignore", env });
  spawnSync("wherry", ["rmi", "-f", "-a"], { stdio: "ignore", env });
  if (existsSync(folder)) {
    const removed = spawnSync("rm", ["-rf", folder], { stdio: "ignore" }).status === 0;
    if (!removed) must("unshare", ["--user", "--map-auto", "--map-root-user", "rm", "-rf", folder]);
  }
  say(`removed ${folder}`);
}

/** Prints the command as it would be typed, runs it, and stops the demo when it fails. */
function show(program: string, args: readonly string[], { mayFail = false } = {}): void {
  const typed = [program, ...args]
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`))
    .join(" ");
  console.log(styleText("bold", `\n$ ${typed}`));
  const { status } = spawnSync(program, args, { stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0 && !mayFail) {
    console.error(
      `\nthe demo stops here: ${program} ended with status ${String(status)}. \`wherry doctor\` may say why.`,
    );
    process.exit(1);
  }
}

function step(text: string): void {
  console.log(styleText("cyan", `\n── ${text}`));
}

function say(text: string): void {
  console.log(`[demo] ${text}`);
}

function must(program: string, args: readonly string[], stderr: "inherit" | "ignore" = "inherit"): void {
  const { status } = spawnSync(program, args, { stdio: ["ignore", "inherit", stderr] });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with status ${String(status)}`);
}

/** Waits up to ten seconds until something answers HTTP on the port. */
async function answered(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (spawnSync("curl", ["-s", "-o", "/dev/null", `http://127.0.0.1:${port}/`]).status === 0) return;
    await sleep(100);
  }
  throw new Error(`nothing answers on port ${port}`);
}
