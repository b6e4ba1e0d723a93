import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { findProgram, run } from "@wherry/core/process";
import { parseReference } from "@wherry/core/reference";
import { Store, type StoredImage } from "@wherry/core/store";
import { LayerFiles } from "../builder/layer-files.ts";
import { createDebianBase, type DebianBaseOptions } from "./debian-base.ts";

const uid = process.getuid?.() ?? 0;
const NAME = parseReference("localhost/d");
const DATE = "Sat, 01 Mar 2025 00:00:00 UTC";
const missing = ["mmdebstrap", "dpkg-deb", "apt-get"].filter(
  (name) => findProgram(name, process.env["PATH"]) === undefined,
);

describe("createDebianBase", () => {
  let root: string;
  let store: Store;
  let files: LayerFiles;
  before(() => {
    root = mkdtempSync("/tmp/wherry-deb-");
    chmodSync(root, 0o755);
    store = Store.open(join(root, "store"));
    files = new LayerFiles(store, join(root, "cache"));
  });
  after(() => {
    files[Symbol.dispose]();
    store[Symbol.dispose]();
    rmSync(root, { recursive: true });
  });

  const options = (more: Partial<DebianBaseOptions>): DebianBaseOptions => ({
    etc: join(root, "etc"),
    env: { PATH: process.env["PATH"], TMPDIR: "/tmp" },
    uid,
    suite: "testing-suite",
    enter: () =>
      Promise.resolve(
        uid === 0 ? ["unshare", "--mount", "--"] : ["unshare", "--user", "--map-root-user", "--mount", "--"],
      ),
    ...more,
  });
  const make = (more: Partial<DebianBaseOptions> = {}) => createDebianBase(store, NAME, options(more));
  const labelsOf = (image: StoredImage) => store.images.readConfig(image).config?.Labels ?? {};
  const documentOf = async (image: StoredImage) => {
    const config = store.images.readConfig(image);
    const { layers } = store.images.readManifest(image).content;
    const tree = await files.tree(
      layers.map((descriptor, index) => ({
        descriptor,
        diffId: config.rootfs.diff_ids[index] ?? descriptor.digest,
      })),
    );
    return {
      tree,
      document: JSON.parse(Buffer.from(await tree.bytes("var/lib/db/sbom/base.spdx.json")).toString()) as {
        packages: { name: string; versionInfo?: string; packageVerificationCode?: object }[];
        files: { fileName: string; checksums: { algorithm: string; checksumValue: string }[] }[];
        relationships: unknown[];
      },
    };
  };

  it(
    missing.length > 0
      ? `unpacks packages (skipped: no ${missing.join(", ")} here)`
      : "unpacks packages of the machine's apt sources, the same each time, and says what they are",
    async function () {
      if (missing.length > 0) this.skip();
      this.timeout(120_000);
      await using archive = await serveArchive(join(root, "archive"));
      mkdirSync(join(root, "etc/apt/sources.list.d"), { recursive: true });
      writeFileSync(join(root, "etc/os-release"), 'ID=debian\nVERSION_CODENAME="testing-suite"\n');
      writeFileSync(
        join(root, "etc/apt/sources.list.d/own.sources"),
        `Types: deb\nURIs: ${archive.url}\nSuites: testing-suite\nComponents: main\nTrusted: yes\n`,
      );
      writeFileSync(join(root, "etc/apt/sources.list"), "deb http://127.0.0.1:1/other elsewhere main\n");
      const first = await make({ variant: "extract", include: ["wherry-greeting"] });
      const again = await make({ variant: "extract", include: ["wherry-greeting"] });
      assert.equal(again.id, first.id);
      assert.equal(first.created, "2025-03-01T00:00:00Z", "as old as the suite's index");
      const labels = labelsOf(first);
      assert.equal(labels["io.wherry.base"], "debian testing-suite");
      assert.equal(labels["io.wherry.base.packages"], "wherry-greeting=1.2-3");
      assert.equal(labels["io.wherry.base.sources"], `${archive.url} testing-suite`);
      const { document, tree } = await documentOf(first);
      assert.equal(Buffer.from(await tree.bytes("usr/share/greeting")).toString(), "hello\n");
      assert.equal(tree.node("etc/hostname"), undefined);
      assert.deepEqual(
        document.packages.map(({ name, versionInfo }) => `${name} ${versionInfo ?? ""}`),
        ["debian testing-suite ", "wherry-greeting 1.2-3"],
      );
      const greeting = document.files.find(({ fileName }) => fileName === "./usr/share/greeting");
      assert.equal(
        greeting?.checksums[1]?.checksumValue,
        createHash("sha256").update("hello\n").digest("hex"),
      );
      assert.equal(readFileSync(archive.log, "utf8").includes("elsewhere"), false);
    },
  );

  it("goes by debootstrap where there is no mmdebstrap, in the user namespace", async function () {
    this.timeout(60_000);
    const bin = join(root, "bin");
    mkdirSync(bin);
    writeFileSync(
      join(bin, "debootstrap"),
      '#!/bin/sh\nset -e\n[ "$container" = lxc ]\nfor folder do [ -d "$folder" ] && break; done\nmkdir -p "$folder/etc" "$folder/bin" "$folder/dev" "$folder/var/lib/dpkg"\necho "$SOURCE_DATE_EPOCH $*" >"$folder/etc/said"\n: >"$folder/bin/sh"; : >"$folder/dev/null"\nprintf "Package: a\\nVersion: 1\\nArchitecture: all\\nStatus: install ok installed\\n" >"$folder/var/lib/dpkg/status"\n',
    );
    chmodSync(join(bin, "debootstrap"), 0o755);
    const find = (name: string) => (name === "debootstrap" ? join(bin, name) : undefined);
    const image = await make({
      mirror: "deb [signed-by=/k.gpg] http://127.0.0.1:1/debian testing-suite main contrib",
      include: ["a", "b"],
      env: { PATH: process.env["PATH"], SOURCE_DATE_EPOCH: "1700000000" },
      find,
    });
    assert.equal(image.created, "2023-11-14T22:13:20Z");
    assert.equal(labelsOf(image)["io.wherry.base.packages"], "a=1");
    assert.equal(
      labelsOf(image)["io.wherry.base.sources"],
      "http://127.0.0.1:1/debian testing-suite",
      "debootstrap knows one archive",
    );
    const { tree } = await documentOf(image);
    assert.match(
      Buffer.from(await tree.bytes("etc/said")).toString(),
      /^1700000000 --variant=minbase --components=main,contrib --keyring=\/k\.gpg --include=a,b testing-suite \S+ http:\/\/127\.0\.0\.1:1\/debian\n$/,
    );
    assert.equal(tree.node("dev/null"), undefined);
    await assert.rejects(make({ find, variant: "extract" }), /extract needs mmdebstrap/);
  });

  const refused: [what: string, options: Partial<DebianBaseOptions>, message: RegExp][] = [
    ["no program", { find: () => undefined }, /neither mmdebstrap nor debootstrap is here/],
    [
      "an archive that does not answer",
      { mirror: "http://127.0.0.1:1/debian" },
      /the archive does not answer for testing-suite/,
    ],
    [
      "a password in an apt source",
      { mirror: "deb http://me:secret@127.0.0.1:1/debian testing-suite main" },
      /a password in its URI, which would stay in the image$/,
    ],
    ["no suite of its own", { suite: undefined as never, etc: "/nowhere" }, /this machine is no Debian/],
    ["sources without the suite", { etc: "/nowhere" }, /have no archive for testing-suite/],
  ];
  for (const [what, more, message] of refused)
    it(`says so where there is ${what}`, async function () {
      if (what !== "no program" && missing.length > 0) this.skip();
      this.timeout(20_000);
      await assert.rejects(make(more), { code: "ERR_WHERRY_DEBIAN_BASE", message });
    });
});

interface ServedArchive extends AsyncDisposable {
  readonly url: string;
  /** What was asked for, a path a line. */
  readonly log: string;
}

/** An archive of one package, served on loopback. */
async function serveArchive(folder: string): Promise<ServedArchive> {
  const tree = join(folder, "tree");
  for (const path of ["DEBIAN", "usr/share"]) mkdirSync(join(tree, path), { recursive: true });
  const control =
    "Package: wherry-greeting\nVersion: 1.2-3\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: greets\n";
  writeFileSync(join(tree, "DEBIAN/control"), control);
  writeFileSync(join(tree, "usr/share/greeting"), "hello\n");
  writeFileSync(join(tree, "DEBIAN/md5sums"), "b1946ac92492d2347c6235b4d2611184  usr/share/greeting\n");
  const deb = join(folder, "greeting.deb");
  await run("dpkg-deb", ["--root-owner-group", "-b", tree, deb]);
  const bytes = readFileSync(deb);
  const digest = (content: Uint8Array | string) => createHash("sha256").update(content).digest("hex");
  const packages = `${control}Filename: greeting.deb\nSize: ${bytes.length}\nSHA256: ${digest(bytes)}\n`;
  const architecture = (await run("dpkg", ["--print-architecture"])).stdout.toString().trim();
  const index = `main/binary-${architecture}/Packages`;
  const release = `Suite: testing-suite\nCodename: testing-suite\nDate: ${DATE}\nArchitectures: ${architecture}\nComponents: main\nSHA256:\n ${digest(packages)} ${packages.length} ${index}\n`;
  const files = new Map<string, string | Uint8Array>([
    ["/dists/testing-suite/Release", release],
    [`/dists/testing-suite/${index}`, packages],
    ["/greeting.deb", bytes],
  ]);
  const log = join(folder, "log");
  const server: Server = createServer((request, response) => {
    writeFileSync(log, `${request.url ?? ""}\n`, { flag: "a" });
    const content = files.get(request.url ?? "");
    response.writeHead(content === undefined ? 404 : 200).end(content);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await once(server.close(), "close");
    },
  };
}
