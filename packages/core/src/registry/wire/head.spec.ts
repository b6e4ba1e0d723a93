import assert from "node:assert/strict";
import fc from "fast-check";
import { framingOf, isPersistent, parseHead, type Framing } from "./head.ts";
import { WireError } from "./wire-error.ts";

function head(...lines: string[]) {
  return parseHead(lines.join("\r\n"));
}

describe("parseHead", () => {
  it("reads the status and the headers, whose names have no case", () => {
    const { status, minor, headers } = head(
      "HTTP/1.1 200 OK",
      "Content-Type:  a/b \t",
      "X-Empty:",
      'LINK: <a>; rel="next"',
    );
    assert.deepEqual([status, minor], [200, 1]);
    assert.deepEqual({ ...headers }, { "content-type": "a/b", "x-empty": "", link: '<a>; rel="next"' });
  });

  it("joins the values of one header, but takes the first of those that have one", () => {
    const { headers } = head(
      "HTTP/1.1 401 Unauthorized",
      "WWW-Authenticate: A",
      "Location: /1",
      "www-authenticate: B",
      "Location: /2",
    );
    assert.deepEqual({ ...headers }, { "www-authenticate": "A, B", location: "/1" });
  });

  it("has no header that was not sent, whatever its name", () => {
    const { headers } = head("HTTP/1.0 200", "__proto__: x");
    assert.equal(headers["constructor"], undefined);
    assert.equal(headers["__proto__"], "x");
  });

  const refused: readonly (readonly [string, readonly string[]])[] = [
    ["another protocol", ["SSH-2.0-OpenSSH"]],
    ["another version", ["HTTP/2 200 OK"]],
    ["a status of two digits", ["HTTP/1.1 20 OK"]],
    ["a status out of range", ["HTTP/1.1 600 OK"]],
    ["a line that is folded", ["HTTP/1.1 200 OK", "A: b", " c"]],
    ["a blank before the colon", ["HTTP/1.1 200 OK", "Content-Length : 1"]],
    ["a name that is empty", ["HTTP/1.1 200 OK", ": x"]],
    ["a line without a colon", ["HTTP/1.1 200 OK", "abc"]],
    ["a NUL in a value", ["HTTP/1.1 200 OK", "A: \0"]],
    ["a bare line feed in a value", ["HTTP/1.1 200 OK", "A: b\nC: d"]],
    ["a bare carriage return in a value", ["HTTP/1.1 200 OK", "A: b\rC: d"]],
    ["two lengths", ["HTTP/1.1 200 OK", "Content-Length: 1", "Content-Length: 2"]],
  ];
  for (const [what, lines] of refused) {
    it(`refuses ${what}`, () => assert.throws(() => head(...lines), WireError));
  }

  it("ends on any text, in a head or an error of ours", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        try {
          parseHead(`HTTP/1.1 200 OK\r\n${text}`);
        } catch (error) {
          assert.ok(error instanceof WireError);
        }
      }),
    );
  });
});

describe("framingOf", () => {
  const rows: readonly (readonly [string, string, readonly string[], Framing | undefined])[] = [
    ["GET", "200", ["content-length: 5"], { kind: "length", length: 5 }],
    ["GET", "200", ["content-length: 5", "content-length: 5"], { kind: "length", length: 5 }],
    ["GET", "200", ["transfer-encoding: Chunked"], { kind: "chunked" }],
    ["GET", "200", [], { kind: "close" }],
    ["HEAD", "200", ["content-length: 5"], { kind: "length", length: 0 }],
    ["HEAD", "200", ["transfer-encoding: chunked"], { kind: "length", length: 0 }],
    ["GET", "204", ["content-length: 5"], { kind: "length", length: 0 }],
    ["GET", "304", [], { kind: "length", length: 0 }],
    ["GET", "200", ["content-length: 5", "transfer-encoding: chunked"], undefined],
    ["GET", "200", ["transfer-encoding: gzip, chunked"], undefined],
    ["GET", "200", ["content-length: -1"], undefined],
    ["GET", "200", ["content-length: 0x10"], undefined],
    ["GET", "200", ["content-length: 1e3"], undefined],
    ["GET", "200", ["content-length: 99999999999999999999"], undefined],
  ];
  for (const [method, status, headers, expected] of rows) {
    it(`${method}, ${status}, ${headers.join(", ") || "nothing said"}: ${expected?.kind ?? "refused"}`, () => {
      const asked = () => framingOf(head(`HTTP/1.1 ${status} x`, ...headers), method);
      if (expected === undefined) assert.throws(asked, WireError);
      else assert.deepEqual(asked(), expected);
    });
  }
});

describe("isPersistent", () => {
  const rows: readonly (readonly [string, boolean])[] = [
    ["HTTP/1.1 200 OK", true],
    ["HTTP/1.1 200 OK\r\nConnection: keep-alive", true],
    ["HTTP/1.1 200 OK\r\nConnection: x, Close", false],
    ["HTTP/1.0 200 OK", false],
    ["HTTP/1.0 200 OK\r\nConnection: Keep-Alive", true],
  ];
  for (const [text, expected] of rows)
    it(`${JSON.stringify(text)}: ${expected}`, () => assert.equal(isPersistent(parseHead(text)), expected));
});
