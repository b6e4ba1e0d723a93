import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createSocketServer, type AddressInfo, type Server, type Socket } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { DEFAULT_LIMITS, type Limits } from "./access.ts";
import { Connections, discard, readBody, streamOf, type Answer, type WireRequest } from "./connections.ts";

const NO_TLS = { insecure: true, ca: [], cert: undefined, key: undefined };
const NO_PROXY = { httpProxy: "", httpsProxy: "", noProxy: "" };

function connect(limits: Partial<Limits> = {}, proxies = NO_PROXY, signal?: AbortSignal): Connections {
  return new Connections(NO_TLS, { ...DEFAULT_LIMITS, ...limits }, proxies, signal);
}

/** A server on loopback; gone with all its connections when disposed of. */
async function serve(server: Server): Promise<{ url: string } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

const web = (listener: RequestListener) => serve(createServer({ keepAliveTimeout: 60_000 }, listener));

function get(url: string): WireRequest {
  return { method: "GET", url: new URL(url), headers: {} };
}

async function textOf(answer: Answer): Promise<string> {
  return (await readBody(answer, 4_000_000, "an answer")).toString();
}

describe("Connections", () => {
  it("keeps a connection for the next request, and gives all of it up in the end", async () => {
    const ports = new Set<number | undefined>();
    await using server = await web((request, response) => {
      ports.add(request.socket.remotePort);
      response.end("x");
    });
    await using connections = connect();
    for (let count = 0; count < 3; count++) await discard(await connections.send(get(server.url), true));
    assert.equal(ports.size, 1);
  });

  it("replaces a kept connection that the other side has closed, at once and for any method", async () => {
    let served = 0;
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      served += 1;
      // half closed: the request that comes next is read and never answered
      if (served % 2 === 0) request.socket.destroy();
      else response.end("x");
    };
    await using server = await web(answer);
    await using connections = connect();
    for (const method of ["GET", "POST", "PUT"] as const) {
      const body = Buffer.from("body");
      const request = { ...get(server.url), method, ...(method === "GET" ? {} : { body }) };
      assert.equal(await textOf(await connections.send(request, true)), "x", method);
    }
  });

  it("does not repeat a body that can be sent once only", async () => {
    let served = 0;
    await using server = await web((request, response) => {
      served += 1;
      if (served === 2) request.socket.destroy();
      else response.end("x");
    });
    await using connections = connect();
    await discard(await connections.send(get(server.url), true));
    const body = Readable.from([Buffer.from("once")]);
    await assert.rejects(
      connections.send({ ...get(server.url), method: "PUT", body, headers: { "content-length": "4" } }, true),
      /was cut/,
    );
    assert.equal(served, 2);
  });

  it("opens no more than 40 at a time, and lets the others wait, until the signal ends them all", async () => {
    const answers: ServerResponse[] = [];
    const ports = new Set<number | undefined>();
    await using server = await web((request, response) => {
      ports.add(request.socket.remotePort);
      answers.push(response);
    });
    const abort = new AbortController();
    await using connections = connect({}, NO_PROXY, abort.signal);
    const all = Array.from({ length: 130 }, async () =>
      discard(await connections.send(get(server.url), true)),
    );
    const ended = Promise.allSettled(all);
    while (answers.length < 40) await sleep(5);
    for (const answer of answers.splice(0)) answer.end("x");
    while (answers.length < 40) await sleep(5);
    abort.abort(new Error("enough"));
    const outcomes = await ended;
    assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 40);
    for (const outcome of outcomes)
      if (outcome.status === "rejected") assert.equal((outcome.reason as Error).message, "enough");
    assert.equal(ports.size, 40);
  });

  it("stops sending when the answer comes before all was sent", async () => {
    await using server = await web((_, response) => response.writeHead(413).end("too much"));
    await using connections = connect();
    let sent = 0;
    const body = Readable.from(
      (async function* () {
        for (; sent < 10_000; sent++) yield await Promise.resolve(Buffer.alloc(65_536));
      })(),
      { objectMode: false },
    );
    const headers = { "content-length": String(10_000 * 65_536) };
    const answer = await connections.send({ ...get(server.url), method: "PUT", body, headers }, true);
    assert.equal(answer.status, 413);
    assert.equal(await textOf(answer), "too much");
    assert.ok(sent < 1000, String(sent));
    assert.ok(body.destroyed);
  });

  const silences = [
    { what: "no answer", limits: { headersTimeoutMs: 40 }, message: /no answer in time/ },
    { what: "half an answer", limits: { bodyTimeoutMs: 40 }, message: /ERR_BODY_TIMEOUT/ },
  ];
  for (const { what, limits, message } of silences) {
    it(`ends by itself when there is ${what}`, async () => {
      await using server = await web((_, response) => {
        if (what === "half an answer") response.write("half");
      });
      await using connections = connect(limits);
      const reading = async (): Promise<string> => textOf(await connections.send(get(server.url), true));
      await assert.rejects(reading(), (error: Error & { code?: string }) => {
        assert.match(`${error.message} ${error.code ?? ""}`, message);
        return true;
      });
    });
  }

  it("ends by itself when TLS is not answered", async () => {
    await using server = await serve(createSocketServer());
    await using connections = connect({ connectTimeoutMs: 60 });
    const url = server.url.replace("http:", "https:");
    await assert.rejects(connections.send(get(url), true), /the connection timed out/);
  });

  it("does not take its own slowness for silence: content that is slow, a reader that waits", async () => {
    await using server = await web((request, response) => {
      request.resume().once("end", () => response.end(Buffer.alloc(2_000_000, "x")));
    });
    await using connections = connect({ headersTimeoutMs: 200, bodyTimeoutMs: 200 });
    const slow = Readable.from(
      (async function* () {
        for (let count = 0; count < 3; count++) {
          yield Buffer.from("x");
          await sleep(300);
        }
      })(),
      { objectMode: false },
    );
    const headers = { "content-length": "3" };
    const answer = await connections.send({ ...get(server.url), method: "PUT", body: slow, headers }, true);
    const body = streamOf(answer);
    body.once("data", () => body.pause());
    await sleep(500);
    assert.equal(body.errored, null);
    body.resume();
    assert.equal((await textOf(answer)).length > 1_000_000, true);
  });

  const refusals = [
    { what: "refuses", answer: "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", message: /407/ },
    { what: "is silent", answer: "", message: /timed out/ },
  ];
  for (const { what, answer, message } of refusals) {
    it(`tells of a proxy that ${what}, and never its password`, async () => {
      await using proxy = await serve(
        createSocketServer((socket) => socket.once("data", () => socket.write(answer))),
      );
      const httpsProxy = proxy.url.replace("://", "://me:secret@");
      await using connections = connect({ connectTimeoutMs: 80 }, { ...NO_PROXY, httpsProxy });
      await assert.rejects(connections.send(get("https://registry.invalid/v2/"), true), (error: Error) => {
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      });
    });
  }
});
