import type { Citation } from "../../../../gen/parlance/chat/v1/citation_pb.js";
import { MAX_CITATIONS } from "../../../events/answer-limits.ts";
import { isObject, type Json, type JsonObject, stringAt } from "../../../json/json.ts";
import { emit, type FrameWork, isTooLong, solePart } from "./stream-state.ts";

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
