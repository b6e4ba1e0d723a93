/** What came is not HTTP/1.1 as we take it. */
export class WireError extends Error {
  readonly code = "ERR_WIRE";
}
