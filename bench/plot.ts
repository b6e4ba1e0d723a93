/** A point of a series: how many units, how long it took, how much memory at most. */
export interface Point {
  readonly size: number;
  readonly ms: number;
  readonly peakMiB: number;
}

const WIDTH = 420;
const HEIGHT = 240;
const LEFT = 56;
const BOTTOM = 36;
const TOP = 30;
const RIGHT = 16;

/**
 * A line of time over size as SVG, both axes logarithmic: what grows as its input does climbs by one decade a decade,
 * which the dashed line shows.
 */
export function plot(title: string, unit: string, points: readonly Point[]): string {
  const sizes = range(points.map(({ size }) => size));
  const times = range(points.map(({ ms }) => ms));
  const x = (size: number) => LEFT + share(size, sizes) * (WIDTH - LEFT - RIGHT);
  const y = (ms: number) => HEIGHT - BOTTOM - share(ms, times) * (HEIGHT - BOTTOM - TOP);
  const line = points.map(({ size, ms }) => `${x(size).toFixed(1)},${y(ms).toFixed(1)}`).join(" ");
  const first = points[0] ?? { size: 1, ms: 1 };
  const end = Math.min(sizes.high, (first.size * times.high) / first.ms);
  const linear = `${x(first.size)},${y(first.ms)} ${x(end)},${y((first.ms * end) / first.size)}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="11">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    `<text x="${LEFT}" y="18" font-size="13">${escaped(title)}</text>`,
    ...decades(sizes).map((size) => tick(x(size), HEIGHT - BOTTOM + 14, String(size), "middle")),
    ...decades(times).map((ms) => tick(LEFT - 6, y(ms) + 4, `${ms} ms`, "end")),
    `<path d="M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}" fill="none" stroke="#888"/>`,
    `<polyline points="${linear}" fill="none" stroke="#bbb" stroke-dasharray="4 4"/>`,
    `<polyline points="${line}" fill="none" stroke="#06c" stroke-width="2"/>`,
    ...points.map(
      ({ size, ms }) => `<circle cx="${x(size).toFixed(1)}" cy="${y(ms).toFixed(1)}" r="3" fill="#06c"/>`,
    ),
    tick((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, unit, "middle"),
    "</svg>",
    "",
  ].join("\n");
}

interface Range {
  readonly low: number;
  readonly high: number;
}

/** Whole decades around the values. */
function range(values: readonly number[]): Range {
  const low = 10 ** Math.floor(Math.log10(Math.min(...values)));
  const high = 10 ** Math.ceil(Math.log10(Math.max(...values)));
  return { low, high: high === low ? low * 10 : high };
}

function share(value: number, { low, high }: Range): number {
  return Math.log10(value / low) / Math.log10(high / low);
}

function decades({ low, high }: Range): number[] {
  const result: number[] = [];
  for (let value = low; value <= high * 1.001; value *= 10) result.push(Math.round(value));
  return result;
}

function tick(x: number, y: number, text: string, anchor: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="#444">${escaped(text)}</text>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
