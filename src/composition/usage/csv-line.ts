/** What a cell of CSV may be made of; undefined is an empty one. */
export type CsvCell = string | number | bigint | undefined;

/** A line of comma-separated values with its end, as RFC 4180 has it. */
export function csvLine(cells: readonly CsvCell[]): string {
  return `${cells.map(printCell).join(",")}\r\n`;
}

function printCell(cell: CsvCell): string {
  const text = cell === undefined ? "" : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
