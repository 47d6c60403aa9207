import type { Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ImageDetail } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { isDataUrl, parseDataUrl } from "../../../json/data-url.ts";
import { isObject, type Json, type JsonObject, objectAt, stringAt } from "../../../json/json.ts";
import { sliceElements } from "../../../json/slice.ts";
import { NAME } from "../wire.ts";
import { blame, type Reader } from "./request-cursor.ts";

const details: ReadonlyMap<string, ImageDetail> = new Map([
  ["auto", ImageDetail.AUTO],
  ["low", ImageDetail.LOW],
  ["high", ImageDetail.HIGH],
]);

/** A part with this content. */
export function part(content: Part["content"]): Part {
  return { $typeName: "parlance.chat.v1.Part", content };
}

/** A part that is text. */
export function textPart(text: string): Part {
  return part({ case: "text", value: { $typeName: "parlance.chat.v1.Text", text, citations: [] } });
}

/**
 * The content of a message: a text or a list of pieces. A piece of no known kind is kept as it is.
 */
export function decodeContent(
  reader: Reader,
  content: Json | undefined,
  path: string,
  source: Uint8Array | undefined,
): Part[] {
  if (content === undefined || content === null) return [];
  if (typeof content === "string") return [textPart(content)];
  if (!Array.isArray(content)) {
    blame(reader, path, "must be a string or a list of content");
    return [];
  }
  let sources: readonly Uint8Array[] | undefined;
  const sourceAt = (at: number, piece: Json): string => {
    sources ??= (source === undefined ? undefined : sliceElements(source)) ?? [];
    return Buffer.from(sources[at] ?? JSON.stringify(piece)).toString();
  };
  return content.flatMap((piece: Json, at): Part[] => {
    if (!isObject(piece)) {
      blame(reader, `${path}[${at}]`, "must be an object");
      return [];
    }
    return [decodePiece(reader, piece, `${path}[${at}]`, () => sourceAt(at, piece))];
  });
}

/** Documents, each a text or `{ id, data }`. */
export function decodeDocuments(reader: Reader, documents: readonly Json[], path: string): Part[] {
  return documents.flatMap((document, at): Part[] => {
    if (typeof document === "string") return [documentPart("", document)];
    if (isObject(document)) return [decodeDocument(document)];
    blame(reader, `${path}[${at}]`, "must be a string or an object");
    return [];
  });
}

function decodePiece(reader: Reader, piece: JsonObject, path: string, source: () => string): Part {
  switch (piece.type) {
    case "text":
      if (typeof piece.text !== "string") blame(reader, `${path}.text`, "must be a string");
      return textPart(stringAt(piece, "text") ?? "");
    case "thinking":
      return part({
        case: "reasoning",
        value: {
          $typeName: "parlance.chat.v1.Reasoning",
          text: stringAt(piece, "thinking") ?? "",
          signature: "",
          encrypted: "",
          summaries: [],
          id: "",
          dialect: "",
        },
      });
    case "image_url":
      return decodeImage(reader, piece, path);
    case "document":
      return decodeDocument(objectAt(piece, "document") ?? {});
    default:
      if (typeof piece.type !== "string") blame(reader, `${path}.type`, "is required");
      return part({
        case: "opaque",
        value: { $typeName: "parlance.chat.v1.Opaque", dialect: NAME, json: source() },
      });
  }
}

function decodeImage(reader: Reader, piece: JsonObject, path: string): Part {
  const image = objectAt(piece, "image_url") ?? {};
  const url = stringAt(image, "url") ?? "";
  if (url === "") blame(reader, `${path}.image_url.url`, "is required");
  const inline = isDataUrl(url) ? parseDataUrl(url) : undefined;
  const source =
    inline === undefined
      ? ({ case: "url", value: url } as const)
      : ({ case: "data", value: inline.data } as const);
  const detail = details.get(stringAt(image, "detail") ?? "") ?? ImageDetail.UNSPECIFIED;
  const mediaType = inline?.mediaType.split(";")[0] ?? "";
  return part({
    case: "image",
    value: { $typeName: "parlance.chat.v1.Image", source, mediaType, detail },
  });
}

/**
 * Members of a document that say no more than a title and a text are read as such; others are read
 * as the JSON they are.
 */
function decodeDocument(document: JsonObject): Part {
  const data = document.data ?? {};
  if (typeof data === "string") return documentPart("", data);
  const object = isObject(data) ? data : {};
  const key = ["text", "snippet", "content"].find((name) => typeof object[name] === "string");
  const others = Object.keys(object).filter((name) => name !== key && name !== "title");
  const title = stringAt(object, "title") ?? "";
  if (key !== undefined && others.length === 0)
    return documentPart(title, stringAt(object, key) ?? "");
  return documentPart(title, JSON.stringify(data));
}

function documentPart(title: string, text: string): Part {
  return part({
    case: "document",
    value: {
      $typeName: "parlance.chat.v1.Document",
      source: { case: "text", value: text },
      mediaType: "",
      title,
      context: "",
    },
  });
}
