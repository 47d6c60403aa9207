import type { Citation } from "../../../../gen/parlance/chat/v1/citation_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import { tooMany } from "../../../core/faults/fault.ts";
import { MAX_CITATIONS } from "../../../events/answer-limits.ts";
import {
  arrayAt,
  intAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  stringAt,
} from "../../../json/json.ts";
import { type AnswerText, createLocator, type Locator, type Place } from "../text-locator.ts";
import { DIALECT } from "../wire.ts";

/** A citation and the text part it hangs on. */
export interface PlacedCitation {
  readonly part: number;
  readonly citation: Citation;
}

/**
 * The citations of a candidate, each once, whatever frames repeat. Of its `groundingMetadata`: one
 * for each source of each supported statement, or, where nothing says which statement a source
 * supports, one for each source. Of its `citationMetadata`: the sources that the answer quotes at
 * length. The vendor counts UTF-8 bytes of the answer; positions here are characters (code points)
 * of the text part. See https://ai.google.dev/api/generate-content#GroundingMetadata.
 *
 * Statements share their sources, so that a small answer could stand for endless words: more than
 * the limits is a fault.
 */
export function decodeCitations(
  grounding: readonly JsonObject[],
  quotations: readonly JsonObject[],
  texts: readonly AnswerText[],
): Decoded<readonly PlacedCitation[]> {
  const last = texts.at(-1);
  if (last === undefined || (grounding.length === 0 && quotations.length === 0))
    return { ok: true, value: [] };
  const list: CitationList = { placed: [], keys: new Set(), sources: new Map(), characters: 0 };
  const locate = createLocator(texts);
  for (const json of grounding) addGrounding(list, json, locate, last.part);
  for (const json of quotations) addQuotations(list, json, locate, last.part);
  const fault =
    tooMany(list.placed.length, MAX_CITATIONS, "citations") ??
    tooMany(list.characters, MAX_CITED_CHARACTERS, "characters in its citations");
  return fault === undefined ? { ok: true, value: list.placed } : { ok: false, fault };
}

/** Characters of all citations of an answer, at most. */
const MAX_CITED_CHARACTERS = 16 * 1024 * 1024;

/** The contract's bound on citations of a text. */
const MAX_SUPPORTS = 10_000;

interface CitationList {
  readonly placed: PlacedCitation[];
  /** What tells one citation from another. */
  readonly keys: Set<string>;
  /** A number for each source, by what it says. */
  readonly sources: Map<string, number>;
  characters: number;
}

/** A source and what it costs to tell. */
interface Source {
  readonly citation: Citation;
  readonly id: number;
  readonly characters: number;
}

function addGrounding(
  list: CitationList,
  grounding: JsonObject,
  locate: Locator,
  last: number,
): void {
  const sources = (arrayAt(grounding, "groundingChunks") ?? []).map((json) =>
    sourceOf(list, decodeChunk(json)),
  );
  const supports = (arrayAt(grounding, "groundingSupports") ?? []).filter(isObject);
  if (supports.length === 0) {
    for (const source of sources) add(list, source, undefined, last);
  }
  for (const support of supports.slice(0, MAX_SUPPORTS))
    addSupport(list, support, sources, locate, last);
}

function addSupport(
  list: CitationList,
  support: JsonObject,
  sources: readonly Source[],
  locate: Locator,
  last: number,
): void {
  const segment = objectAt(support, "segment") ?? {};
  const start = intAt(segment, "startIndex") ?? 0;
  const place = locate(start, intAt(segment, "endIndex") ?? start, stringAt(segment, "text"));
  for (const index of arrayAt(support, "groundingChunkIndices") ?? []) {
    const source = typeof index === "number" ? sources[index] : undefined;
    if (source !== undefined) add(list, source, place, last);
  }
}

function addQuotations(
  list: CitationList,
  metadata: JsonObject,
  locate: Locator,
  last: number,
): void {
  for (const json of arrayAt(metadata, "citations") ?? arrayAt(metadata, "citationSources") ?? []) {
    if (!isObject(json)) continue;
    const uri = stringAt(json, "uri") ?? "";
    const citation = uri === "" ? opaque(json) : page(uri, stringAt(json, "title") ?? "", "");
    const end = intAt(json, "endIndex");
    const place =
      end === undefined ? undefined : locate(intAt(json, "startIndex") ?? 0, end, undefined);
    add(list, sourceOf(list, citation), place, last);
  }
}

function sourceOf({ sources }: CitationList, citation: Citation): Source {
  const text = JSON.stringify(citation);
  const id = sources.get(text) ?? sources.size;
  sources.set(text, id);
  return { citation, id, characters: text.length };
}

/**
 * Adds a citation of the text where it stands, or of the last where that is not known; once, and no
 * more than one beyond the limits.
 */
function add(
  list: CitationList,
  { citation, id, characters }: Source,
  place: Place | undefined,
  last: number,
): void {
  const key =
    place === undefined ? `${id}` : `${id} ${place.part} ${place.range.start} ${place.range.end}`;
  const full = list.placed.length > MAX_CITATIONS || list.characters > MAX_CITED_CHARACTERS;
  if (full || list.keys.has(key)) return;
  list.keys.add(key);
  list.characters += characters;
  if (place === undefined) list.placed.push({ part: last, citation });
  else list.placed.push({ part: place.part, citation: { ...citation, answer: place.range } });
}

function decodeChunk(json: Json): Citation {
  if (!isObject(json)) return opaque(json);
  const web = objectAt(json, "web") ?? objectAt(json, "maps") ?? objectAt(json, "retrievedContext");
  const uri = web === undefined ? "" : (stringAt(web, "uri") ?? "");
  if (web === undefined || uri === "") return opaque(json);
  const words =
    objectAt(json, "retrievedContext") === undefined ? "" : (stringAt(web, "text") ?? "");
  return page(uri, stringAt(web, "title") ?? "", words);
}

function page(url: string, title: string, citedText: string): Citation {
  return {
    $typeName: "parlance.chat.v1.Citation",
    citedText,
    title,
    source: {
      case: "web",
      value: { $typeName: "parlance.chat.v1.WebSource", url, encryptedIndex: "" },
    },
    location: { case: undefined },
  };
}

function opaque(json: Json): Citation {
  const value = {
    $typeName: "parlance.chat.v1.OpaqueSource",
    dialect: DIALECT,
    json: JSON.stringify(json),
  } as const;
  return {
    $typeName: "parlance.chat.v1.Citation",
    citedText: "",
    title: "",
    source: { case: "opaque", value },
    location: { case: undefined },
  };
}
