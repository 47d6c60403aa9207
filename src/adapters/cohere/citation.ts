import type { Citation } from "../../../gen/parlance/chat/v1/citation_pb.js";
import {
  arrayAt,
  intAt,
  isObject,
  type JsonObject,
  objectAt,
  parseJson,
  stringAt,
} from "../../json/json.ts";
import { rawJson, type Writable } from "../../json/write.ts";
import { foreignSource } from "../shared/answers/foreign-source.ts";
import { isObjectText } from "./extras.ts";
import { type Draft, NAME, nonEmpty } from "./wire.ts";

/**
 * What documents of the prompt are called, so that citations of them find back: `doc:0` is the
 * first.
 */
function documentId(index: number): string {
  return `doc:${index}`;
}

/**
 * A citation of the vendor. One whose only source is a document with a `url` is of the web, one
 * whose only source is a document of the prompt is of that document; any other keeps the vendor's
 * own words, for the contract knows one source for a citation and no outputs of tools. `json` is
 * the citation's exact text.
 */
export function decodeCitation(citation: JsonObject, json: string): Citation {
  const sources = arrayAt(citation, "sources") ?? [];
  const only = sources.length === 1 && isObject(sources[0]) ? sources[0] : undefined;
  const first = isObject(sources[0]) ? sources[0] : {};
  const cited = objectAt(first, "document") ?? objectAt(first, "tool_output") ?? {};
  const start = intAt(citation, "start");
  const end = intAt(citation, "end");
  const placed =
    start !== undefined && end !== undefined && start >= 0 && end >= start && end <= 0xffffffff;
  return {
    $typeName: "parlance.chat.v1.Citation",
    citedText: firstText(cited, ["snippet", "text", "content"]),
    title: firstText(cited, ["title"]),
    source: decodeSource(only, json),
    location: { case: undefined },
    ...(placed ? { answer: { $typeName: "parlance.chat.v1.Range", start, end } } : undefined),
  };
}

/**
 * Whether a citation supports the answer's text; others support what the model thought or planned.
 */
export function isOfText(citation: JsonObject): boolean {
  return citation.type === undefined || citation.type === null || citation.type === "TEXT_CONTENT";
}

/**
 * A citation in the vendor's words; undefined for one that only another dialect can say. `text` is
 * the answer's text.
 */
export function encodeCitation(
  citation: Citation,
  text: string,
  contentIndex: number,
): Writable | undefined {
  const { source, answer } = citation;
  if (source.case === "opaque") {
    if (source.value.dialect === NAME)
      return isObjectText(source.value.json) ? rawJson(source.value.json) : undefined;
  }
  const document: Draft = {
    title: nonEmpty(citation.title),
    snippet: nonEmpty(citation.citedText),
  };
  const id = encodeSource(citation, document);
  if (id === undefined) return undefined;
  const start = answer?.start ?? 0;
  const end = answer?.end ?? text.length;
  return {
    start,
    end,
    text: text.slice(start, end),
    sources: [{ type: "document", id, document }],
    content_index: contentIndex,
    type: "TEXT_CONTENT",
  };
}

/** Names the source and adds its address to the document. */
function encodeSource(citation: Citation, document: Draft): string | undefined {
  const { source } = citation;
  switch (source.case) {
    case "web":
      document.url = source.value.url;
      return source.value.url;
    case "document":
      return documentId(source.value.index);
    case "searchResult":
      document.url = nonEmpty(source.value.source);
      return `search:${source.value.index}`;
    case "opaque": {
      const { id, title, words } = foreignSource(citation);
      document.title = nonEmpty(title);
      document.snippet = nonEmpty(words);
      return id;
    }
    case undefined:
      return undefined;
  }
}

function decodeSource(only: JsonObject | undefined, json: string): Citation["source"] {
  const document = only?.type === "document" ? (objectAt(only, "document") ?? {}) : undefined;
  const url = document === undefined ? undefined : stringAt(document, "url");
  if (url !== undefined && url !== "") {
    return {
      case: "web",
      value: { $typeName: "parlance.chat.v1.WebSource", url, encryptedIndex: "" },
    };
  }
  const index =
    document === undefined
      ? undefined
      : /^doc:(\d{1,6})$/.exec(stringAt(only ?? {}, "id") ?? "")?.[1];
  if (index !== undefined) {
    const value = {
      $typeName: "parlance.chat.v1.DocumentSource",
      index: Number(index),
      fileId: "",
    } as const;
    return { case: "document", value };
  }
  return {
    case: "opaque",
    value: { $typeName: "parlance.chat.v1.OpaqueSource", dialect: NAME, json },
  };
}

/**
 * The first member that is a text; outputs of tools are often JSON in a text, whose members are
 * looked at too.
 */
function firstText(json: JsonObject, keys: readonly string[]): string {
  for (const key of keys) {
    const text = stringAt(json, key);
    if (text !== undefined && text !== "") return text;
  }
  const output = stringAt(json, "output");
  const parsed = output === undefined ? undefined : parseJson(output);
  return parsed?.ok === true && isObject(parsed.value)
    ? firstText({ ...parsed.value, output: undefined }, keys)
    : "";
}
