/** Least width of a column and the blanks behind it, as podman, buildah and skopeo print tables. */
const LEAST_WIDTH = 12;
const PADDING = 2;

/**
 * Aligns text whose cells are ended by tabs, as Go's text/tabwriter does: a column is a run of lines that have a cell
 * there; what follows a line's last tab belongs to no column.
 */
export function alignColumns(text: string): string {
  const lines = text.split("\n").map((line) => line.split("\t"));
  align(lines, 0);
  return lines.map((cells) => cells.join("")).join("\n");
}

/** Pads the cells of one column, run by run, then of the columns right of it. */
function align(lines: string[][], column: number): void {
  for (let start = 0; start < lines.length; start++) {
    let end = start;
    while (hasCell(lines[end], column)) end++;
    if (end === start) continue;
    const run = lines.slice(start, end);
    const width = Math.max(LEAST_WIDTH, ...run.map((cells) => widthOf(cells[column]) + PADDING));
    for (const cells of run)
      cells[column] = (cells[column] ?? "") + " ".repeat(width - widthOf(cells[column]));
    align(run, column + 1);
    start = end;
  }
}

function hasCell(cells: readonly string[] | undefined, column: number): boolean {
  return cells !== undefined && column < cells.length - 1;
}

function widthOf(cell: string | undefined): number {
  return Array.from(cell ?? "").length;
}
