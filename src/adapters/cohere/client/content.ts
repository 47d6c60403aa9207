import type { Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ImageDetail } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { isDataUrl, parseDataUrl } from "../../../json/data-url.ts";
import { isObject, type Json, type JsonObject, objectAt, stringAt } from "../../../json/json.ts";
import { sourceText } from "../../../json/source-slice.ts";
import { noteMark, noteUnknown, takeOpaque } from "../../shared/notes/unknown-members.ts";
import {
  at,
  type Cursor,
  elements,
  isAtObject,
  list,
  object,
  objects,
  problem,
  requiredName,
  requiredObject,
  requiredString,
} from "../../shared/request-cursor.ts";
import { NAME } from "../wire.ts";

const details: ReadonlyMap<string, ImageDetail> = new Map([
  ["auto", ImageDetail.AUTO],
  ["low", ImageDetail.LOW],
  ["high", ImageDetail.HIGH],
]);

const pieceMembers: ReadonlyMap<unknown, ReadonlySet<string>> = new Map(
  ["text", "thinking", "image_url", "document"].map((type) => [type, new Set(["type", type])]),
);
const imageMembers = new Set(["url", "detail"]);
const documentMembers = new Set(["data"]);

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
export function decodeContent(turn: Cursor): Part[] {
  const content = at(turn, "content");
  if (content === undefined) return [];
  const { json } = content;
  if (typeof json === "string") return [textPart(json)];
  if (Array.isArray(json)) return objects(elements(content)).map(decodePiece);
  problem(content, "", "must be a string or a list of content parts");
  return [];
}

/** Documents, each a text or `{ id, data }`. */
export function decodeDocuments(cursor: Cursor): Part[] {
  return list(cursor, "documents").flatMap((document): Part[] => {
    if (typeof document.json === "string") return [documentPart("", document.json)];
    if (isAtObject(document)) return [decodeDocument(document.json, document)];
    return problem(document, "", "must be a string or an object") ?? [];
  });
}

function decodePiece(piece: Cursor): Part {
  const since = noteMark(piece);
  const decoded = decodeBare(piece);
  const known = pieceMembers.get(piece.json.type);
  if (known === undefined) return decoded;
  noteUnknown(piece, known);
  const extras = takeOpaque(piece, NAME, since);
  return extras === undefined ? decoded : { ...decoded, extras };
}

function decodeBare(piece: Cursor): Part {
  const { json, source } = piece;
  switch (json.type) {
    case "text":
      return textPart(requiredString(piece, "text"));
    case "thinking":
      return part({
        case: "reasoning",
        value: {
          $typeName: "parlance.chat.v1.Reasoning",
          text: stringAt(json, "thinking") ?? "",
          signature: "",
          encrypted: "",
          summaries: [],
          id: "",
          dialect: "",
        },
      });
    case "image_url":
      return decodeImage(piece);
    case "document":
      return decodeDocument(objectAt(json, "document") ?? {}, object(piece, "document"));
    default:
      requiredString(piece, "type");
      return part({
        case: "opaque",
        value: {
          $typeName: "parlance.chat.v1.Opaque",
          dialect: NAME,
          json: sourceText(source, json),
        },
      });
  }
}

function decodeImage(piece: Cursor): Part {
  const image = requiredObject(piece, "image_url");
  const url = image === undefined ? "" : requiredName(image, "url");
  if (image !== undefined) noteUnknown(image, imageMembers);
  const inline = isDataUrl(url) ? parseDataUrl(url) : undefined;
  const source =
    inline === undefined
      ? ({ case: "url", value: url } as const)
      : ({ case: "data", value: inline.data } as const);
  const detail =
    details.get(stringAt(image?.json ?? {}, "detail") ?? "") ?? ImageDetail.UNSPECIFIED;
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
function decodeDocument(document: JsonObject, cursor: Cursor | undefined): Part {
  // An id only names the document in citations, which are made anew.
  if (cursor !== undefined) noteUnknown(cursor, documentMembers);
  return documentOf(document.data ?? {});
}

/** A document of what the model shall read: a text, or an object with a title and more. */
export function documentOf(data: Json): Part {
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
