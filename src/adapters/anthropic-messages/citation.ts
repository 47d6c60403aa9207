import type { Citation, Range } from "../../../gen/parlance/chat/v1/citation_pb.js";
import { type JsonObject, numberAt, stringAt } from "../../json/json.ts";
import type { Body } from "../../json/members.ts";
import { type Source, sourceText } from "../../json/source-slice.ts";
import { rawJson, type Writable } from "../../json/write.ts";
import { foreignSource } from "../shared/answers/foreign-source.ts";
import { SEAL_PREFIX } from "../shared/sealed-reasoning.ts";
import { DIALECT } from "./wire.ts";

/**
 * One citation of a text block; a kind that is not known becomes an opaque source.
 * See https://platform.claude.com/docs/en/build-with-claude/citations.
 */
export function decodeCitation(json: JsonObject, source: Source): Citation {
  const title = stringAt(json, "document_title") ?? stringAt(json, "title") ?? "";
  const cited = {
    $typeName: "parlance.chat.v1.Citation",
    citedText: stringAt(json, "cited_text") ?? "",
    title,
  } as const;
  switch (json.type) {
    case "char_location":
      return {
        ...cited,
        source: documentOf(json),
        location: { case: "characters", value: rangeOf(json, "char_index") },
      };
    case "page_location":
      return {
        ...cited,
        source: documentOf(json),
        location: { case: "pages", value: rangeOf(json, "page_number") },
      };
    case "content_block_location":
      return {
        ...cited,
        source: documentOf(json),
        location: { case: "blocks", value: rangeOf(json, "block_index") },
      };
    case "search_result_location":
      return {
        ...cited,
        source: searchResultOf(json),
        location: { case: "blocks", value: rangeOf(json, "block_index") },
      };
    case "web_search_result_location":
      return { ...cited, source: webOf(json), location: { case: undefined } };
    default: {
      const value = {
        $typeName: "parlance.chat.v1.OpaqueSource",
        dialect: DIALECT,
        json: sourceText(source, json),
      } as const;
      return {
        ...cited,
        citedText: "",
        title: "",
        source: { case: "opaque", value },
        location: { case: undefined },
      };
    }
  }
}

/**
 * The citation in the vendor's words; undefined where it cites nothing. A source of another
 * dialect, such as a tool's result, is sent as a search result, and a source without a place in it
 * as the first block of it. A page without the vendor's reference has a mark of ours in its place,
 * by which it is known when the client sends it back.
 */
export function encodeCitation(citation: Citation): Writable | undefined {
  const { source } = citation;
  switch (source.case) {
    case "opaque":
      return source.value.dialect === DIALECT
        ? rawJson(source.value.json)
        : encodeForeign(citation);
    case "web":
      return {
        type: "web_search_result_location",
        cited_text: citation.citedText,
        url: source.value.url,
        title: citation.title === "" ? null : citation.title,
        encrypted_index: source.value.encryptedIndex || SEAL_PREFIX,
      };
    case "searchResult":
      return {
        type: "search_result_location",
        cited_text: citation.citedText,
        search_result_index: source.value.index,
        source: source.value.source,
        title: citation.title === "" ? null : citation.title,
        ...blocksOf(citation),
      };
    case "document":
      return encodeDocumentCitation(citation, source.value.index, source.value.fileId);
    case undefined:
      return citation.citedText === "" && citation.title === ""
        ? undefined
        : encodeForeign(citation);
  }
}

function encodeForeign(citation: Citation): Writable {
  const { id, title, words } = foreignSource(citation);
  return {
    type: "search_result_location",
    cited_text: words,
    search_result_index: 0,
    source: id,
    title: title === "" ? null : title,
    ...blocksOf(citation),
  };
}

/** The blocks that are cited; the first where the vendor tells none. */
function blocksOf({ location }: Citation): Body {
  const { start, end } = location.case === "blocks" ? location.value : { start: 0, end: 1 };
  return { start_block_index: start, end_block_index: end };
}

function encodeDocumentCitation(citation: Citation, index: number, fileId: string): Writable {
  const { location } = citation;
  const shared = {
    cited_text: citation.citedText,
    document_index: index,
    document_title: citation.title === "" ? null : citation.title,
    ...(fileId === "" ? undefined : { file_id: fileId }),
  };
  switch (location.case) {
    case "characters":
      return {
        type: "char_location",
        ...shared,
        start_char_index: location.value.start,
        end_char_index: location.value.end,
      };
    case "pages":
      return {
        type: "page_location",
        ...shared,
        start_page_number: location.value.start,
        end_page_number: location.value.end,
      };
    case "blocks":
    case undefined:
      return { type: "content_block_location", ...shared, ...blocksOf(citation) };
  }
}

function documentOf(json: JsonObject): Citation["source"] {
  const index = countOf(json, "document_index");
  const fileId = stringAt(json, "file_id") ?? "";
  return {
    case: "document",
    value: { $typeName: "parlance.chat.v1.DocumentSource", index, fileId },
  };
}

function searchResultOf(json: JsonObject): Citation["source"] {
  const index = countOf(json, "search_result_index");
  const source = stringAt(json, "source") ?? "";
  return {
    case: "searchResult",
    value: { $typeName: "parlance.chat.v1.SearchResultSource", index, source },
  };
}

function webOf(json: JsonObject): Citation["source"] {
  const url = stringAt(json, "url") ?? "";
  const index = stringAt(json, "encrypted_index") ?? "";
  const encryptedIndex = index.startsWith(SEAL_PREFIX) ? "" : index;
  return { case: "web", value: { $typeName: "parlance.chat.v1.WebSource", url, encryptedIndex } };
}

function rangeOf(json: JsonObject, name: string): Range {
  return {
    $typeName: "parlance.chat.v1.Range",
    start: countOf(json, `start_${name}`),
    end: countOf(json, `end_${name}`),
  };
}

/** A position or index, kept within 32 bits. */
function countOf(json: JsonObject, key: string): number {
  const value = numberAt(json, key) ?? 0;
  return Number.isInteger(value) && value >= 0 && value <= 0xffffffff ? value : 0;
}
