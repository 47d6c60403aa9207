import type { Citation } from "../../../../gen/parlance/chat/v1/citation_pb.js";
import { isObject, type Json, type JsonObject, parseJson, stringAt } from "../../../json/json.ts";

/** A source without an address, in the form that clients of another dialect get. */
export interface ForeignSource {
  /** What its vendor calls it: an id or a name. */
  readonly id: string;
  readonly title: string;
  /** The text of the source that is cited, as far as the vendor tells it. */
  readonly words: string;
}

/**
 * The source of a citation in the words of another dialect, such as the result of a tool: its id,
 * title and text, looked for where vendors have them. A citation must not vanish because its source
 * has no address.
 */
export function foreignSource(citation: Citation): ForeignSource {
  const { source } = citation;
  const json = source.case === "opaque" ? readObject(source.value.json) : {};
  const inner = firstSource(json);
  const id = firstText([inner, json], ["id", "file_id", "fileId", "url", "uri", "name"]);
  const title = citation.title || firstText([inner, json], ["title", "filename", "name"]);
  const words = citation.citedText || firstText([inner, json], ["text", "snippet", "content"]);
  return { id: id || title || "source", title: title || id, words };
}

/**
 * Whether a citation is in the form of another dialect: its source can be sent to clients, but not
 * back to a vendor.
 */
export function isForeign({ source }: Citation, dialect: string): boolean {
  return source.case === "opaque" && source.value.dialect !== dialect;
}

function readObject(text: string): JsonObject {
  const parsed = parseJson(text);
  return parsed.ok && isObject(parsed.value) ? parsed.value : {};
}

function firstSource(json: JsonObject): JsonObject {
  const sources = json.sources;
  const first: Json | undefined = Array.isArray(sources) ? sources[0] : json.source;
  return isObject(first) ? first : {};
}

function firstText(objects: readonly JsonObject[], keys: readonly string[]): string {
  for (const key of keys) {
    for (const object of objects) {
      const text = stringAt(object, key);
      if (text !== undefined && text !== "") return text;
    }
  }
  return "";
}
