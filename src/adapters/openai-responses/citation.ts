import type { Citation } from "../../../gen/parlance/chat/v1/citation_pb.js";
import { intAt, type JsonObject, objectAt, stringAt } from "../../json/json.ts";
import { type Source, sourceText } from "../../json/source-slice.ts";
import { rawJson, type Writable } from "../../json/write.ts";
import { foreignSource } from "../shared/answers/foreign-source.ts";
import { DIALECT } from "./wire.ts";

/**
 * An annotation of a text as a citation: a page of the web, an uploaded file, or the whole
 * annotation in the vendor's words. See
 * https://platform.openai.com/docs/api-reference/responses/object, `output_text.annotations`.
 */
export function decodeAnnotation(json: JsonObject, source: Source): Citation {
  switch (json.type) {
    case "url_citation":
      return decodePage(objectAt(json, "url_citation") ?? json);
    case "file_citation":
      return decodeFile(json);
    default:
      return bare({
        case: "opaque",
        value: {
          $typeName: "parlance.chat.v1.OpaqueSource",
          dialect: DIALECT,
          json: sourceText(source, json),
        },
      });
  }
}

/**
 * A citation as an annotation; undefined for one that cites nothing. Absent positions
 * become 0, for clients need them. The text of the source, which the vendor never sends, is added
 * as `cited_text`.
 */
export function encodeAnnotation(citation: Citation): Writable | undefined {
  const { source, answer, title } = citation;
  const words = citation.citedText === "" ? undefined : citation.citedText;
  switch (source.case) {
    case "web":
      return page(source.value.url, title, answer, words);
    case "searchResult":
      return page(source.value.source, title, answer, words);
    case "document":
      return {
        type: "file_citation",
        file_id: source.value.fileId,
        filename: title,
        index: answer?.start ?? source.value.index,
        cited_text: words,
      };
    case "opaque":
      return source.value.dialect === DIALECT ? rawJson(source.value.json) : foreign(citation);
    case undefined:
      return words === undefined && title === "" ? undefined : page("", title, answer, words);
  }
}

/** A source that is no page, such as a tool's result, is sent as a file citation. */
function foreign(citation: Citation): Writable {
  const { id, title, words } = foreignSource(citation);
  return {
    type: "file_citation",
    file_id: id,
    filename: title,
    index: citation.answer?.start ?? 0,
    cited_text: words === "" ? undefined : words,
  };
}

function page(
  url: string,
  title: string,
  answer: Citation["answer"],
  words: string | undefined,
): Writable {
  return {
    type: "url_citation",
    start_index: answer?.start ?? 0,
    end_index: answer?.end ?? 0,
    url,
    title,
    cited_text: words,
  };
}

function decodePage(json: JsonObject): Citation {
  const start = intAt(json, "start_index");
  const end = intAt(json, "end_index");
  const placed =
    start !== undefined && end !== undefined && start >= 0 && end >= start && end <= MOST;
  return {
    ...bare({
      case: "web",
      value: {
        $typeName: "parlance.chat.v1.WebSource",
        url: stringAt(json, "url") ?? "",
        encryptedIndex: "",
      },
    }),
    citedText: stringAt(json, "cited_text") ?? "",
    title: stringAt(json, "title") ?? "",
    ...(placed ? { answer: { $typeName: "parlance.chat.v1.Range", start, end } } : undefined),
  };
}

const MOST = 0xffffffff;

/** `index` is the place in the answer where the citation stands. */
function decodeFile(json: JsonObject): Citation {
  const at = intAt(json, "index");
  const placed = at !== undefined && at >= 0 && at <= MOST;
  return {
    ...bare({
      case: "document",
      value: {
        $typeName: "parlance.chat.v1.DocumentSource",
        index: 0,
        fileId: stringAt(json, "file_id") ?? "",
      },
    }),
    citedText: stringAt(json, "cited_text") ?? "",
    title: stringAt(json, "filename") ?? "",
    ...(placed
      ? { answer: { $typeName: "parlance.chat.v1.Range", start: at, end: at } }
      : undefined),
  };
}

function bare(source: Citation["source"]): Citation {
  return {
    $typeName: "parlance.chat.v1.Citation",
    citedText: "",
    title: "",
    source,
    location: { case: undefined },
  };
}
