import type { Citation, Range } from "../../../../gen/parlance/chat/v1/citation_pb.js";
import { arrayAt, isObject, type JsonObject, objectAt, stringAt } from "../../../json/json.ts";
import { type Source, sourceText } from "../../../json/source-slice.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { DIALECT } from "../wire.ts";

type Place = Pick<Citation, "source" | "location">;

/**
 * One citation; a location that is not known makes it an opaque source.
 * See https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Citation.html.
 */
export function decodeCitation(json: JsonObject, source: Source): Citation {
  const place = decodePlace(json);
  if (place === undefined) {
    const value = {
      $typeName: "parlance.chat.v1.OpaqueSource",
      dialect: DIALECT,
      json: sourceText(source, json),
    } as const;
    return { ...bare("", ""), source: { case: "opaque", value }, location: { case: undefined } };
  }
  const pieces = (arrayAt(json, "sourceContent") ?? []).map((piece) =>
    isObject(piece) ? (stringAt(piece, "text") ?? "") : "",
  );
  return { ...bare(pieces.join(""), stringAt(json, "title") ?? ""), ...place };
}

/**
 * The citation in the vendor's words; undefined where it has none for it: a source of another
 * dialect, or no place in it.
 */
export function encodeCitation(citation: Citation): Writable | undefined {
  const { source, title, citedText } = citation;
  if (source.case === "opaque")
    return source.value.dialect === DIALECT ? rawJson(source.value.json) : undefined;
  const location = encodeLocation(citation);
  if (location === undefined) return undefined;
  return {
    ...(title === "" ? undefined : { title }),
    ...(source.case === "searchResult" && source.value.source !== ""
      ? { source: source.value.source }
      : undefined),
    ...(citedText === "" ? undefined : { sourceContent: [{ text: citedText }] }),
    location,
  };
}

function bare(citedText: string, title: string): Omit<Citation, "source" | "location"> {
  return { $typeName: "parlance.chat.v1.Citation", citedText, title };
}

const DOCUMENT_LOCATIONS = [
  ["documentChar", "characters"],
  ["documentPage", "pages"],
  ["documentChunk", "blocks"],
] as const;

function decodePlace(json: JsonObject): Place | undefined {
  const location = objectAt(json, "location") ?? {};
  for (const [name, kind] of DOCUMENT_LOCATIONS) {
    const place = objectAt(location, name);
    if (place === undefined) continue;
    const index = countOf(place, "documentIndex");
    const value = { $typeName: "parlance.chat.v1.DocumentSource", index, fileId: "" } as const;
    return { source: { case: "document", value }, location: { case: kind, value: rangeOf(place) } };
  }
  const result = objectAt(location, "searchResultLocation");
  if (result !== undefined) {
    const index = countOf(result, "searchResultIndex");
    const text = stringAt(json, "source") ?? "";
    const value = {
      $typeName: "parlance.chat.v1.SearchResultSource",
      index,
      source: text,
    } as const;
    return {
      source: { case: "searchResult", value },
      location: { case: "blocks", value: rangeOf(result) },
    };
  }
  const url = stringAt(objectAt(location, "web") ?? {}, "url");
  if (url === undefined) return undefined;
  const value = { $typeName: "parlance.chat.v1.WebSource", url, encryptedIndex: "" } as const;
  return { source: { case: "web", value }, location: { case: undefined } };
}

function encodeLocation({ source, location }: Citation): Writable | undefined {
  switch (source.case) {
    case "web":
      return { web: { url: source.value.url } };
    case "searchResult": {
      if (location.case !== "blocks") return undefined;
      const { start, end } = location.value;
      return { searchResultLocation: { searchResultIndex: source.value.index, start, end } };
    }
    case "document": {
      const name = DOCUMENT_LOCATIONS.find(([, kind]) => kind === location.case)?.[0];
      if (name === undefined || location.case === undefined) return undefined;
      const { start, end } = location.value;
      return { [name]: { documentIndex: source.value.index, start, end } };
    }
    case "opaque":
    case undefined:
      return undefined;
  }
}

function rangeOf(json: JsonObject): Range {
  return {
    $typeName: "parlance.chat.v1.Range",
    start: countOf(json, "start"),
    end: countOf(json, "end"),
  };
}

/** A position or index, kept within 32 bits. */
function countOf(json: JsonObject, key: string): number {
  const value = json[key];
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 0xffffffff
    ? value
    : 0;
}
