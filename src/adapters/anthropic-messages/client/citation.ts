import { noteUnknown } from "../../shared/notes/unknown-members.ts";
import { type Cursor, isAtObject, list } from "../../shared/request-cursor.ts";

const SHARED = ["type", "cited_text", "document_title", "title"];
const DOCUMENT = [...SHARED, "document_index", "file_id"];

/** What a citation of a type has; one of another type is kept whole. */
const MEMBERS: ReadonlyMap<unknown, ReadonlySet<string>> = new Map<unknown, ReadonlySet<string>>([
  ["char_location", new Set([...DOCUMENT, "start_char_index", "end_char_index"])],
  ["page_location", new Set([...DOCUMENT, "start_page_number", "end_page_number"])],
  ["content_block_location", new Set([...DOCUMENT, "start_block_index", "end_block_index"])],
  [
    "search_result_location",
    new Set([...SHARED, "search_result_index", "source", "start_block_index", "end_block_index"]),
  ],
  ["web_search_result_location", new Set([...SHARED, "url", "encrypted_index"])],
]);

/** Notes what the citations of a text block say that has no field. */
export function noteCitations(block: Cursor): void {
  if (!Array.isArray(block.json.citations)) return;
  for (const citation of list(block, "citations")) {
    const known = isAtObject(citation) ? MEMBERS.get(citation.json.type) : undefined;
    if (known !== undefined && isAtObject(citation)) noteUnknown(citation, known);
  }
}
