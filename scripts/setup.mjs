// Makes a fresh clone ready: npm packages (the pinned Node 24 among them), system packages, the built CLIs.
// Plain JavaScript without dependencies, since it runs before anything is installed, on Node 20 and later.
//
//   node scripts/setup.mjs demo    what `npm run demo` needs
//   node scripts/setup.mjs test    that, and the partners the interoperability tests talk to

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, chmodSync, constants, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Programs that must be there, and the packages that bring them. One of several names in a row is enough. */
const NEEDED = [
  { programs: ["newuidmap"], apt: "uidmap", dnf: "shadow-utils", apk: "shadow-uidmap", pacman: "shadow" },
  { programs: ["crun", "runc"], apt: "crun runc", dnf: "crun", apk: "crun", pacman: "crun" },
  { programs: ["conmon"], apt: "conmon", dnf: "conmon", apk: "conmon", pacman: "conmon" },
  { programs: ["pasta"], apt: "passt", dnf: "passt", apk: "passt", pacman: "passt" },
  { programs: ["catatonit"], apt: "catatonit", dnf: "catatonit", apk: "catatonit", pacman: "catatonit" },
  { programs: ["nsenter"], apt: "util-linux", dnf: "util-linux", apk: "util-linux", pacman: "util-linux" },
  { programs: ["busybox"], apt: "busybox-static", dnf: "busybox", apk: "busybox-static", pacman: "busybox" },
  { programs: ["curl"], apt: "curl", dnf: "curl", apk: "curl", pacman: "curl" },
  {
    programs: ["docker-registry", "registry"],
    apt: "docker-registry",
    dnf: "docker-distribution",
    apk: "docker-registry",
    pacman: "distribution",
  },
];

/** Partners of the tests: a test whose partner is missing says so and is skipped. */
const PARTNERS = [
  { programs: ["podman"], apt: "podman" },
  { programs: ["slirp4netns"], apt: "slirp4netns" },
  { programs: ["buildah"], apt: "buildah" },
  { programs: ["skopeo"], apt: "skopeo" },
  { programs: ["umoci"], apt: "umoci" },
  { programs: ["htpasswd"], apt: "apache2-utils" },
  { programs: ["openssl"], apt: "openssl" },
  { programs: ["gpg"], apt: "gpg gpg-agent" },
  { programs: ["mmdebstrap"], apt: "mmdebstrap" },
  { programs: ["python3"], apt: "python3" },
  { programs: ["zstd"], apt: "zstd" },
  { programs: ["xz"], apt: "xz-utils" },
  { programs: ["bzip2"], apt: "bzip2" },
  { programs: ["strace"], apt: "strace" },
];

const MANAGERS = [
  { name: "apt", program: "apt-get", install: "apt-get install -y --no-install-recommends" },
  { name: "dnf", program: "dnf", install: "dnf install -y" },
  { name: "apk", program: "apk", install: "apk add" },
  { name: "pacman", program: "pacman", install: "pacman -S --needed" },
];

const purpose = process.argv[2] ?? "demo";
installNodePackages();
installSystemPackages(NEEDED, true);
if (purpose === "test") installSystemPackages(PARTNERS, false);
openTunDevice();
build();

/** `npm ci`, unless node_modules already is what the lock file says. */
function installNodePackages() {
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  const marker = join(root, "node_modules", ".lock-sha256");
  if (existsSync(marker) && readFileSync(marker, "utf8") === lock) return;
  say("installing the npm packages, among them the pinned Node 24 (npm ci)");
  must("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  writeFileSync(marker, lock);
}

/** Installs what is missing where we may; else prints the line to run, and stops if it is needed. */
function installSystemPackages(wanted, needed) {
  const missing = wanted.filter(({ programs }) => !programs.some(findProgram));
  if (missing.length === 0) return;
  const manager = MANAGERS.find(({ program }) => findProgram(program) !== undefined);
  const packages = missing
    .map((entry) => entry[manager?.name ?? "apt"])
    .filter(Boolean)
    .join(" ");
  const line = `${manager?.install ?? "install these packages:"} ${packages}`;
  const asRoot =
    process.getuid() === 0 ? [] : findProgram("sudo") && ok("sudo", ["-n", "true"]) ? ["sudo"] : undefined;
  if (manager?.name === "apt" && asRoot !== undefined) {
    say(`installing ${packages}`);
    must(...split([...asRoot, "apt-get", "update", "-q"]), "ignore");
    must(...split([...asRoot, "env", "DEBIAN_FRONTEND=noninteractive", ...line.split(" ")]), "ignore");
    const still = missing
      .filter(({ programs }) => !programs.some(findProgram))
      .map(({ programs }) => programs[0]);
    if (still.length > 0 && needed) fail(`${still.join(", ")} still not found after installing ${packages}`);
    return;
  }
  const names = missing.map(({ programs }) => programs.join(" or ")).join(", ");
  const command = process.getuid() === 0 ? line : `sudo ${line}`;
  if (needed) fail(`missing: ${names}. Run this, then try again:\n\n    ${command}\n`);
  say(`not installed: ${names}; the tests that need them will be skipped. To have them: ${command}`);
}

/** pasta needs /dev/net/tun; distributions open it to everybody, bare machines may not. */
function openTunDevice() {
  const tun = "/dev/net/tun";
  if (!existsSync(tun) || (statSync(tun).mode & 0o006) === 0o006) return;
  if (process.getuid() === 0) {
    say(`opening ${tun} to all users, as udev does on every distribution (chmod 0666)`);
    chmodSync(tun, 0o666);
  } else {
    say(
      `${tun} is closed to you: containers have no network of their own until root runs: chmod 0666 ${tun}`,
    );
  }
}

/** The three CLIs. */
function build() {
  must("npm", ["run", "--silent", "build"]);
}

function findProgram(name) {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/local/sbin", "/usr/sbin", "/sbin"];
  return folders
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function ok(program, args) {
  return spawnSync(program, args, { stdio: "ignore" }).status === 0;
}

function must(program, args, stdout = "inherit") {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: ["ignore", stdout, "inherit"] });
  if (status !== 0)
    fail(`${[program, ...args].join(" ")} failed${error ? `: ${error.message}` : ` with status ${status}`}`);
}

function split([program, ...args]) {
  return [program, args];
}

function say(text) {
  console.error(`[setup] ${text}`);
}

function fail(text) {
  say(text);
  process.exit(1);
}
