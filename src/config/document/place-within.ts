/**
 * The characters of a YAML document before a character of the text that a scalar at `start` holds.
 * Escapes, quotes that are doubled, indentation and folded lines are more in the document than in
 * the text; white space of the two is therefore passed over together, however much it is in each.
 */
export function placeWithin(
  document: string,
  start: number,
  { text, at }: { readonly text: string; readonly at: number },
): number {
  const style = document[start] ?? "";
  const quote = style === '"' || style === "'" ? style : "";
  let place = start + quote.length;
  if (style === "|" || style === ">") place = document.indexOf("\n", start) + 1 || start;
  for (let index = 0; index < at && index < text.length; ) {
    if (isBlank(text[index])) {
      place = afterBlanks(document, place, quote);
      while (index < at && isBlank(text[index])) index += 1;
      continue;
    }
    place = afterBlanks(document, place, quote);
    const [length, stands] = piece(document, place, quote);
    place += length;
    index += stands;
  }
  return isBlank(text[at]) ? place : afterBlanks(document, place, quote);
}

function isBlank(char: string | undefined): boolean {
  return char !== undefined && char.trim() === "";
}

function afterBlanks(document: string, place: number, quote: string): number {
  const blanks = quote === '"' ? /(?:\s|\\[nrt \t]|\\\r?\n)*/y : /\s*/y;
  blanks.lastIndex = place;
  blanks.exec(document);
  return blanks.lastIndex;
}

/** How long a piece of a scalar is, and for how many characters of the text it stands. */
function piece(
  document: string,
  place: number,
  quote: string,
): readonly [length: number, stands: number] {
  if (quote === "'" && document.startsWith("''", place)) return [2, 1];
  if (quote !== '"' || document[place] !== "\\") return [1, 1];
  const ahead = document.slice(place, place + 10);
  const written =
    /^\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[\s\S])/.exec(ahead)?.[0] ?? "\\";
  return [written.length, /^\\U000[1-9]|^\\U0010/.test(written) ? 2 : 1];
}
