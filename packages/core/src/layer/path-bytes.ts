/*
 * File names are bytes to Linux, and text to everything above it. Bytes that are not UTF-8 become lone low surrogates
 * U+DC80 to U+DCFF (Python's "surrogateescape", PEP 383), which no UTF-8 decodes to: every name survives a round trip.
 */

const REPLACEMENT = "\uFFFD";

/** The text of a name; `encodePath` gives the same bytes back. */
export function decodePath(bytes: Buffer): string {
  const text = bytes.toString("utf8", 0, bytes.length);
  return text.includes(REPLACEMENT) ? decodeEscaped(bytes) : text;
}

/** The bytes of a name. */
export function encodePath(path: string): Buffer {
  if (path.isWellFormed()) return Buffer.from(path);
  const parts: Buffer[] = [];
  let plainFrom = 0;
  for (let at = 0; at < path.length; at++) {
    if (!isEscape(path, at)) continue;
    parts.push(Buffer.from(path.slice(plainFrom, at)), Buffer.of(path.charCodeAt(at) - 0xdc00));
    plainFrom = at + 1;
  }
  return Buffer.concat([...parts, Buffer.from(path.slice(plainFrom))]);
}

/** A path as node:fs wants it: text, or bytes where text cannot say it. */
export function systemPath(path: string): string | Buffer {
  return path.isWellFormed() ? path : encodePath(path);
}

function isEscape(path: string, at: number): boolean {
  const unit = path.charCodeAt(at);
  if (unit < 0xdc80 || unit > 0xdcff) return false;
  const before = at === 0 ? 0 : path.charCodeAt(at - 1);
  return before < 0xd800 || before > 0xdbff;
}

function decodeEscaped(bytes: Buffer): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    if (length === 0) text += String.fromCharCode(0xdc00 + (bytes[at] ?? 0));
    else text += bytes.toString("utf8", at, at + length);
    at += Math.max(length, 1);
  }
  return text;
}

/** Length of the UTF-8 sequence that begins there; 0 when none does. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > bytes.length) return 0;
  const decoded = bytes.toString("utf8", at, at + length);
  const genuine =
    length === 3 &&
    bytes.toString("utf8", at, at + 3) === REPLACEMENT &&
    first === 0xef &&
    bytes[at + 1] === 0xbf;
  return genuine || !decoded.includes(REPLACEMENT) ? length : 0;
}
