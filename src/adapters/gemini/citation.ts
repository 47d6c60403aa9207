import type { Citation, Range } from "../../../gen/parlance/chat/v1/citation_pb.js";
import { arrayAt, intAt, isObject, type Json, type JsonObject, objectAt, stringAt } from "../../core/json.ts";
import { DIALECT } from "./wire.ts";

/** A text part of an answer. */
export interface AnswerText {
  readonly part: number;
  readonly text: string;
}

/** A citation and the text part it hangs on. */
export interface PlacedCitation {
  readonly part: number;
  readonly citation: Citation;
}

/**
 * The citations of a candidate's `groundingMetadata`: one for each source of each supported statement, or, where nothing says
 * which statement a source supports, one for each source. The vendor counts UTF-8 bytes of the answer; positions here are
 * characters (code points) of the text part. See https://ai.google.dev/api/generate-content#GroundingMetadata.
 */
export function decodeGrounding(grounding: JsonObject, texts: readonly AnswerText[]): PlacedCitation[] {
  const last = texts.at(-1);
  if (last === undefined) return [];
  const sources = (arrayAt(grounding, "groundingChunks") ?? []).map(decodeChunk);
  const supports = (arrayAt(grounding, "groundingSupports") ?? []).filter(isObject);
  if (supports.length === 0) return sources.map((citation) => ({ part: last.part, citation }));
  const locate = createLocator(texts);
  return supports.slice(0, MOST_SUPPORTS).flatMap((support) => {
    const segment = objectAt(support, "segment") ?? {};
    const start = intAt(segment, "startIndex") ?? 0;
    const place = locate(start, intAt(segment, "endIndex") ?? start, stringAt(segment, "text"));
    return (arrayAt(support, "groundingChunkIndices") ?? []).flatMap((index) => {
      const citation = typeof index === "number" ? sources[index] : undefined;
      if (citation === undefined) return [];
      if (place === undefined) return [{ part: last.part, citation }];
      return [{ part: place.part, citation: { ...citation, answer: place.range } }];
    });
  });
}

/** The contract's bound on citations of a text. */
const MOST_SUPPORTS = 10_000;

/** The sources that the answer quotes at length: `citationMetadata`. */
export function decodeQuotations(metadata: JsonObject, texts: readonly AnswerText[]): PlacedCitation[] {
  const last = texts.at(-1);
  if (last === undefined) return [];
  const locate = createLocator(texts);
  const list = arrayAt(metadata, "citations") ?? arrayAt(metadata, "citationSources") ?? [];
  return list.filter(isObject).map((json) => {
    const uri = stringAt(json, "uri") ?? "";
    const citation = uri === "" ? opaque(json) : page(uri, stringAt(json, "title") ?? "", "");
    const end = intAt(json, "endIndex");
    const place = end === undefined ? undefined : locate(intAt(json, "startIndex") ?? 0, end, undefined);
    if (place === undefined) return { part: last.part, citation };
    return { part: place.part, citation: { ...citation, answer: place.range } };
  });
}

type Locator = (
  startByte: number,
  endByte: number,
  words: string | undefined,
) => { readonly part: number; readonly range: Range } | undefined;

/** Bytes count from the start of the first text. Where the words that are told stand elsewhere, the words win. */
function createLocator(texts: readonly AnswerText[]): Locator {
  const whole = texts.map(({ text }) => text).join("");
  const offsets = unitOffsets(whole);
  const starts: number[] = [];
  let length = 0;
  for (const { text } of texts) {
    starts.push(length);
    length += text.length;
  }
  return (startByte, endByte, words) => {
    let from = offsets[startByte];
    let to = offsets[endByte];
    if (
      words !== undefined &&
      words !== "" &&
      (from === undefined || to === undefined || whole.slice(from, to) !== words)
    ) {
      from = whole.indexOf(words);
      to = from + words.length;
    }
    if (from === undefined || to === undefined || from < 0 || to < from) return undefined;
    const at = Math.max(
      0,
      starts.findLastIndex((start) => start <= (from ?? 0)),
    );
    const base = starts[at] ?? 0;
    const text = texts[at];
    if (text === undefined || to > base + text.text.length) return undefined;
    const start = codePoints(text.text.slice(0, from - base));
    const range = { start, end: start + codePoints(whole.slice(from, to)) };
    return { part: text.part, range: { $typeName: "parlance.chat.v1.Range", ...range } };
  };
}

/** For each byte offset that is the start of a character, and the end, its UTF-16 offset. */
function unitOffsets(text: string): readonly (number | undefined)[] {
  const offsets: (number | undefined)[] = [];
  let bytes = 0;
  let units = 0;
  for (const character of text) {
    offsets[bytes] = units;
    bytes += Buffer.byteLength(character);
    units += character.length;
  }
  offsets[bytes] = units;
  return offsets;
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

function decodeChunk(json: Json): Citation {
  if (!isObject(json)) return opaque(json);
  const web = objectAt(json, "web") ?? objectAt(json, "maps") ?? objectAt(json, "retrievedContext");
  const uri = web === undefined ? "" : (stringAt(web, "uri") ?? "");
  if (web === undefined || uri === "") return opaque(json);
  const words = objectAt(json, "retrievedContext") === undefined ? "" : (stringAt(web, "text") ?? "");
  return page(uri, stringAt(web, "title") ?? "", words);
}

function page(url: string, title: string, citedText: string): Citation {
  return {
    $typeName: "parlance.chat.v1.Citation",
    citedText,
    title,
    source: { case: "web", value: { $typeName: "parlance.chat.v1.WebSource", url, encryptedIndex: "" } },
    location: { case: undefined },
  };
}

function opaque(json: Json): Citation {
  const value = { $typeName: "parlance.chat.v1.OpaqueSource", dialect: DIALECT, json: JSON.stringify(json) } as const;
  return {
    $typeName: "parlance.chat.v1.Citation",
    citedText: "",
    title: "",
    source: { case: "opaque", value },
    location: { case: undefined },
  };
}
