import type { Document } from "../../../gen/parlance/chat/v1/part_pb.js";
import { decodeUtf8 } from "../../core/json.ts";
import type { Writable } from "../../core/json-write.ts";
import { type Draft, drop, given, type Report, refuse } from "./wire.ts";

/**
 * A document as `{ id, data }`, whose members the model reads: title, text and context. The vendor reads text only; a PDF must be
 * turned into text before. See https://docs.cohere.com/docs/retrieval-augmented-generation-rag.
 */
export function encodeDocument(document: Document, id: string, path: string, report: Report): Writable {
  const data: Draft = {
    title: given(document.title),
    text: readText(document, path, report),
    context: given(document.context),
  };
  return { id, data };
}

function readText(document: Document, path: string, report: Report): string {
  const { source, mediaType } = document;
  switch (source.case) {
    case "text":
      return source.value;
    case "data": {
      const text = isTextType(mediaType) ? decodeUtf8(source.value) : undefined;
      if (text === undefined) refuse(report, path, "the vendor reads documents as text only; send its text instead");
      return text ?? "";
    }
    case "content":
      return source.value.parts
        .map(({ content }, at) => {
          if (content.case === "text") return content.value.text;
          drop(report, `${path}.content.parts[${at}]`, "the vendor reads documents as text only");
          return "";
        })
        .filter((text) => text !== "")
        .join("\n\n");
    case "url":
    case "fileId":
    case undefined:
      refuse(report, path, "the vendor fetches no documents; send its text instead");
      return "";
  }
}

function isTextType(mediaType: string): boolean {
  return mediaType === "" || /^(text\/|application\/(json|xml|x?yaml)\b)|\+(json|xml)$/i.test(mediaType);
}
