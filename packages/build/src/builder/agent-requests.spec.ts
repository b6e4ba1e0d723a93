import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { agentRequests } from "./agent-requests.ts";

const frame = (type: number, body = "") => {
  const bytes = Buffer.alloc(5 + body.length);
  bytes.writeUInt32BE(1 + body.length, 0);
  bytes[4] = type;
  bytes.write(body, 5, "latin1");
  return bytes;
};

describe("agentRequests", () => {
  let folder: string;
  let agent: Server;
  let door: Server;
  const seen: Buffer[] = [];
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "wherry-agent-"));
    agent = createServer((socket) =>
      socket.on("data", (piece) => {
        seen.push(piece);
        socket.write(frame(12, "keys"));
      }),
    );
    door = createServer((client) => {
      const upstream = connect(join(folder, "agent"));
      agentRequests(client, upstream);
      upstream.pipe(client);
      client.on("close", () => upstream.destroy());
      client.on("error", () => undefined);
    });
    await new Promise<void>((resolve) => agent.listen(join(folder, "agent"), resolve));
    await new Promise<void>((resolve) => door.listen(join(folder, "door"), resolve));
  });
  after(() => {
    for (const server of [agent, door]) server.close();
    rmSync(folder, { recursive: true });
  });

  /** What comes back for some bytes, until the end or so many bytes. */
  function ask(pieces: readonly Buffer[], size: number): Promise<Buffer> {
    return new Promise((resolve) => {
      const socket = connect(join(folder, "door"));
      let got = Buffer.alloc(0);
      socket.on("data", (piece) => {
        got = Buffer.concat([got, piece]);
        if (got.length >= size) socket.destroy();
      });
      socket.on("close", () => resolve(got));
      for (const piece of pieces) socket.write(piece);
    });
  }

  it("hands on requests to list and to sign, also in pieces", async () => {
    const request = frame(13, "sign this");
    assert.deepEqual(await ask([request.subarray(0, 3), request.subarray(3)], 9), frame(12, "keys"));
    assert.deepEqual(seen.splice(0), [request]);
    assert.deepEqual(await ask([frame(11)], 9), frame(12, "keys"));
    assert.deepEqual(seen.splice(0), [frame(11)]);
  });

  for (const type of [17, 18, 19, 22, 23, 25, 27])
    it(`answers request ${type}, which would change the agent, by a failure`, async () => {
      assert.deepEqual(await ask([frame(type, "x")], 5), Buffer.from([0, 0, 0, 1, 5]));
      assert.deepEqual(seen.splice(0), []);
    });

  it("ends a talk that is none", async () => {
    assert.deepEqual(await ask([Buffer.from("GET / HTTP/1.1")], 1), Buffer.alloc(0));
    assert.deepEqual(seen.splice(0), []);
  });
});
