import { noteUnknown } from "../../shared/notes/unknown-members.ts";
import { at, type Cursor, isAtObject, list } from "../../shared/request-cursor.ts";

const CITED: ReadonlySet<string> = new Set(["content", "citations"]);
const TEXT: ReadonlySet<string> = new Set(["text"]);
const CITATION: ReadonlySet<string> = new Set(["title", "source", "sourceContent", "location"]);
const PLACE = ["documentIndex", "searchResultIndex", "start", "end"];

/** What each kind of place says; a citation of another kind is kept whole. */
const PLACES: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["documentChar", new Set(PLACE)],
  ["documentPage", new Set(PLACE)],
  ["documentChunk", new Set(PLACE)],
  ["searchResultLocation", new Set(PLACE)],
  ["web", new Set(["url"])],
]);

/** Notes what a cited text says that has no field. */
export function noteCitations(cited: Cursor): void {
  noteUnknown(cited, CITED);
  noteTexts(cited, "content");
  for (const citation of list(cited, "citations")) if (isAtObject(citation)) noteCitation(citation);
}

function noteCitation(citation: Cursor): void {
  const location = at(citation, "location");
  const found = location !== undefined && isAtObject(location) ? location : undefined;
  const kind = [...PLACES.keys()].find((name) => found !== undefined && at(found, name));
  const place = found === undefined || kind === undefined ? undefined : at(found, kind);
  if (found === undefined || kind === undefined || place === undefined || !isAtObject(place))
    return;
  noteUnknown(citation, CITATION);
  noteTexts(citation, "sourceContent");
  noteUnknown(found, new Set([kind]));
  noteUnknown(place, PLACES.get(kind) ?? TEXT);
}

function noteTexts(cursor: Cursor, key: string): void {
  for (const piece of list(cursor, key)) if (isAtObject(piece)) noteUnknown(piece, TEXT);
}
