/**
 * Reads comma-separated values as RFC 4180 has them, line ends of either kind. Takes time linear in
 * the text. A quote that is not closed ends with the text.
 */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = text.startsWith("\uFEFF") ? 1 : 0;
  while (at < text.length) {
    const { cell, end } = text[at] === '"' ? quoted(text, at + 1) : plain(text, at);
    row.push(cell);
    at = end;
    if (text[at] === ",") {
      at += 1;
      continue;
    }
    at = afterLineEnd(text, at);
    rows.push(row);
    row = [];
  }
  if (text.endsWith(",")) row.push("");
  rows.push(row);
  return rows.filter((one) => one.length > 1 || (one[0] ?? "") !== "");
}

function afterLineEnd(text: string, at: number): number {
  const next = text[at] === "\r" ? at + 1 : at;
  return text[next] === "\n" ? next + 1 : next;
}

const ends = /[,\r\n]/g;

function plain(text: string, start: number) {
  ends.lastIndex = start;
  const end = ends.exec(text)?.index ?? text.length;
  return { cell: text.slice(start, end), end };
}

function quoted(text: string, start: number) {
  let cell = "";
  let at = start;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return { cell: cell + text.slice(at), end: text.length };
    cell += text.slice(at, quote);
    if (text[quote + 1] !== '"') return { cell, end: plain(text, quote + 1).end };
    cell += '"';
    at = quote + 2;
  }
}
