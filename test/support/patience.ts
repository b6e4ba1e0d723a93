const slowness = Number(process.env["WHERRY_TEST_SLOWNESS"] ?? "1");

/** A limit of time, so much longer as WHERRY_TEST_SLOWNESS says that this machine is slower than others: 20 for an emulated one. */
export function patience(milliseconds: number): number {
  return milliseconds * slowness;
}
