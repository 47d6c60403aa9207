import type { Opaque } from "../../../gen/parlance/chat/v1/part_pb.js";
import {
  arrayAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  parseJson,
  stringAt,
} from "../../json/json.ts";

/** A page of the web that a search found. */
export interface FoundPage {
  readonly url: string;
  /** Empty where the vendor does not say. */
  readonly title: string;
}

/** A search of the web that a vendor made for an answer. */
export interface FoundSearch {
  /** What was searched for; several queries are joined. Empty where the vendor does not say. */
  readonly query: string;
  /** What was found. Undefined: the vendor does not say beside its citations. */
  readonly pages: readonly FoundPage[] | undefined;
}

/** What an opaque part of an answer says of a search. */
export type SearchPart =
  | { readonly kind: "search"; readonly search: FoundSearch }
  /** The query alone; what was found follows under the same id. */
  | { readonly kind: "query"; readonly id: string; readonly query: string }
  | { readonly kind: "pages"; readonly id: string; readonly pages: readonly FoundPage[] };

/** Pages of a search that are read at most. */
export const MAX_PAGES = 1000;

/**
 * What a part in a vendor's words says of a search; undefined for any other part. `web_search_call`
 * of Responses (https://platform.openai.com/docs/guides/tools-web-search), `server_tool_use` and
 * `web_search_tool_result` of Messages
 * (https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool, both 2026-11).
 */
export function readSearchPart({ dialect, json }: Opaque): SearchPart | undefined {
  if (!json.includes("web_search")) return undefined;
  const parsed = parseJson(json);
  if (!parsed.ok || !isObject(parsed.value)) return undefined;
  if (dialect === "openai-responses") return readCall(parsed.value);
  return dialect === "anthropic-messages" ? readBlock(parsed.value) : undefined;
}

/** A page that was opened, or searched in, is no search. */
function readCall(item: JsonObject): SearchPart | undefined {
  const action = objectAt(item, "action") ?? {};
  if (item.type !== "web_search_call" || (action.type ?? "search") !== "search") return undefined;
  const queries = textsOf(action.queries);
  const query = queries.length > 0 ? joined(queries) : (stringAt(action, "query") ?? "");
  const sources = arrayAt(action, "sources");
  const pages = sources === undefined ? undefined : pagesOf(sources, "url");
  return { kind: "search", search: { query, pages } };
}

function readBlock(block: JsonObject): SearchPart | undefined {
  if (block.type === "server_tool_use" && block.name === "web_search") {
    const query = stringAt(objectAt(block, "input") ?? {}, "query") ?? "";
    return { kind: "query", id: stringAt(block, "id") ?? "", query };
  }
  if (block.type !== "web_search_tool_result") return undefined;
  const pages = pagesOf(arrayAt(block, "content") ?? [], "url");
  return { kind: "pages", id: stringAt(block, "tool_use_id") ?? "", pages };
}

/**
 * The searches that members of an answer in Gemini's words tell of: `groundingMetadata` of its
 * first candidate (https://ai.google.dev/gemini-api/docs/google-search, 2026-11).
 */
export function readGrounding(json: string): FoundSearch | undefined {
  if (!json.includes('"groundingMetadata"')) return undefined;
  const parsed = parseJson(json);
  if (!parsed.ok || !isObject(parsed.value)) return undefined;
  const candidate = (arrayAt(parsed.value, "candidates") ?? []).find(
    (each) => isObject(each) && (each.index ?? 0) === 0,
  );
  const grounding = isObject(candidate) ? objectAt(candidate, "groundingMetadata") : undefined;
  if (grounding === undefined) return undefined;
  const queries = textsOf(grounding.webSearchQueries);
  const chunks = (arrayAt(grounding, "groundingChunks") ?? []).flatMap((chunk) =>
    isObject(chunk) ? [chunk.web ?? null] : [],
  );
  const pages = pagesOf(chunks, "uri");
  return queries.length === 0 && pages.length === 0 ? undefined : { query: joined(queries), pages };
}

function pagesOf(list: readonly Json[], member: string): readonly FoundPage[] {
  return list.slice(0, MAX_PAGES).flatMap((page) => {
    const url = isObject(page) ? (stringAt(page, member) ?? "") : "";
    return isObject(page) && url !== "" ? [{ url, title: stringAt(page, "title") ?? "" }] : [];
  });
}

function textsOf(list: Json | undefined): readonly string[] {
  return Array.isArray(list) ? list.filter((text) => typeof text === "string") : [];
}

function joined(queries: readonly string[]): string {
  return queries.join("; ");
}
