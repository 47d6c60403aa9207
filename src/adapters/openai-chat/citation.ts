import { toJsonString } from "@bufbuild/protobuf";
import { type Citation, CitationSchema } from "../../../gen/parlance/chat/v1/citation_pb.js";
import { MAX_CITATIONS } from "../../events/answer-limits.ts";
import {
  intAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  stringAt,
} from "../../json/json.ts";
import { type RawJson, rawJson } from "../../json/write.ts";
import { emit, type FrameWork, isTooLong, solePart } from "./vendor/stream-state.ts";
import { type Draft, NAME } from "./wire.ts";

/**
 * An annotation as a citation: a page of the web, or the whole annotation in the vendor's words.
 */
export function decodeAnnotation(json: Json): Citation | undefined {
  if (!isObject(json)) return undefined;
  const page = json.type === "url_citation" ? objectAt(json, "url_citation") : undefined;
  if (page === undefined) return opaque(json);
  const start = intAt(page, "start_index");
  const end = intAt(page, "end_index");
  const placed =
    start !== undefined && end !== undefined && start >= 0 && end >= start && end <= 0xffffffff;
  return {
    $typeName: "parlance.chat.v1.Citation",
    citedText: stringAt(page, "content") ?? "",
    title: stringAt(page, "title") ?? "",
    source: {
      case: "web",
      value: {
        $typeName: "parlance.chat.v1.WebSource",
        url: stringAt(page, "url") ?? "",
        encryptedIndex: "",
      },
    },
    location: { case: undefined },
    ...(placed ? { answer: { $typeName: "parlance.chat.v1.Range", start, end } } : undefined),
  };
}

/**
 * A citation as an OpenAI annotation; undefined for one that is not of the web. `content` is
 * OpenRouter's member for the text of the page. Absent positions become 0, for clients need them.
 */
export function encodeAnnotation(citation: Citation): Draft | RawJson | undefined {
  const { source, answer } = citation;
  if (source.case === "opaque" && source.value.dialect === NAME) return rawJson(source.value.json);
  if (source.case !== "web") return undefined;
  return {
    type: "url_citation",
    url_citation: {
      start_index: answer?.start ?? 0,
      end_index: answer?.end ?? 0,
      url: source.value.url,
      title: citation.title,
      content: citation.citedText === "" ? undefined : citation.citedText,
    },
  };
}

/**
 * A citation that OpenAI has no annotation for, in the contract's own JSON; a member of
 * `provider_specific_fields.citations`.
 */
export function encodeOtherCitation(citation: Citation): RawJson {
  return rawJson(toJsonString(CitationSchema, citation, { useProtoFieldName: true }));
}

function opaque(json: Json): Citation {
  return {
    $typeName: "parlance.chat.v1.Citation",
    citedText: "",
    title: "",
    source: {
      case: "opaque",
      value: {
        $typeName: "parlance.chat.v1.OpaqueSource",
        dialect: NAME,
        json: JSON.stringify(json),
      },
    },
    location: { case: undefined },
  };
}

/**
 * Notes the pages that an answer rests on, which some vendors send beside the choices, in every
 * chunk anew: `search_results` (https://docs.perplexity.ai/api-reference/chat-completions-post) or
 * `citations`, addresses alone (xAI's Live Search).
 */
export function noteSources(work: FrameWork, chunk: JsonObject): void {
  const { sources } = work.state;
  if (sources.sent) return;
  const results = listOf(chunk.search_results);
  const list = results.length > 0 ? results : listOf(chunk.citations);
  if (isTooLong(work, list, MAX_CITATIONS, "sources")) return;
  const found = list.flatMap(decodeSource);
  if (found.length > 0 && (results.length > 0 || found.length > sources.found.length)) {
    sources.found = found;
  }
}

/**
 * Emits the noted pages once, as citations of the choice's text; an answer with annotations has
 * emitted them already.
 */
export function sendSources(work: FrameWork, choice: number): void {
  const { sources } = work.state;
  if (sources.sent || sources.found.length === 0) return;
  markSourcesSent(work);
  const part = solePart(work, choice, "text");
  for (const citation of sources.found) {
    emit(work, {
      case: "citationAdd",
      value: { $typeName: "parlance.chat.v1.CitationAdd", choice, part, citation },
    });
  }
}

/** Notes that the answer's citations were emitted. */
export function markSourcesSent(work: FrameWork): void {
  work.state.sources.sent = true;
}

function listOf(json: Json | undefined): readonly Json[] {
  return Array.isArray(json) ? json : [];
}

function decodeSource(json: Json): readonly Citation[] {
  const page: JsonObject = typeof json === "string" ? { url: json } : isObject(json) ? json : {};
  const url = stringAt(page, "url") ?? "";
  if (url === "") return [];
  return [
    {
      $typeName: "parlance.chat.v1.Citation",
      citedText: stringAt(page, "snippet") ?? "",
      title: stringAt(page, "title") ?? "",
      source: {
        case: "web",
        value: { $typeName: "parlance.chat.v1.WebSource", url, encryptedIndex: "" },
      },
      location: { case: undefined },
    },
  ];
}
