import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { download, nameInUrl } from "./download.ts";

describe("download", () => {
  const names = [
    { url: "https://host/a/b.txt?c=d#e", name: "b.txt" },
    { url: "https://host/a%20b", name: "a b" },
    { url: "https://host/a%2Fb", name: "b" },
    { url: "https://host/100%.txt", name: "100%.txt" },
    { url: "https://host/a/", name: "a" },
    { url: "https://host/", name: "" },
  ];
  for (const { url, name } of names)
    it(`calls what comes from ${url} ${JSON.stringify(name)}`, () => assert.equal(nameInUrl(url), name));

  it("says what is no URL", async () => {
    const expected = { message: "http://[ is no URL" };
    assert.throws(() => nameInUrl("http://["), expected);
    await assert.rejects(download("http://[", { temporary: tmpdir() }), expected);
  });

  it("says where a server leads that is no place", async () => {
    const server = createServer((_request, response) =>
      response.writeHead(302, { location: "http://[" }).end(),
    ).listen(0, "127.0.0.1");
    await once(server, "listening");
    const temporary = mkdtempSync(join(tmpdir(), "wherry-download-"));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a`;
      await assert.rejects(download(url, { temporary }), /the server leads to http:\/\/\[, which is no URL/);
    } finally {
      server.close();
      rmSync(temporary, { recursive: true });
    }
  });
});
