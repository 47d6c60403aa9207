import type { Document } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  dropped,
  type EncodeReport,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import { decodeUtf8 } from "../../../json/json.ts";
import type { Writable } from "../../../json/write.ts";
import { type Draft, nonEmpty } from "../wire.ts";
import { dropCitations } from "./content.ts";

/**
 * A document as `{ id, data }`, whose members the model reads: title, text and context. The vendor
 * reads text only; a PDF must be turned into text before. See
 * https://docs.cohere.com/docs/retrieval-augmented-generation-rag.
 */
export function encodeDocument(
  document: Document,
  id: string,
  path: string,
  report: EncodeReport,
): Writable {
  const data: Draft = {
    title: nonEmpty(document.title),
    text: readText(document, path, report),
    context: nonEmpty(document.context),
  };
  return { id, data };
}

function readText(document: Document, path: string, report: EncodeReport): string {
  const { source, mediaType } = document;
  if (mediaType !== "") mapped(report, `${path}.media_type`);
  switch (source.case) {
    case "text":
      return source.value;
    case "data": {
      const text = isTextType(mediaType) ? decodeUtf8(source.value) : undefined;
      if (text === undefined)
        refuse(
          report,
          ErrorReason.UNSUPPORTED,
          path,
          "the vendor reads documents as text only; send its text instead",
        );
      return text ?? "";
    }
    case "content":
      return source.value.parts
        .map(({ content }, at) => {
          const place = `${path}.content.parts[${at}]`;
          if (content.case !== "text") dropped(report, place);
          else dropCitations(content.value.citations.length, place, report);
          return content.case === "text" ? content.value.text : "";
        })
        .filter((text) => text !== "")
        .join("\n\n");
    case "url":
    case "fileId":
    case undefined:
      refuse(
        report,
        ErrorReason.UNSUPPORTED,
        path,
        "the vendor fetches no documents; send its text instead",
      );
      return "";
  }
}

function isTextType(mediaType: string): boolean {
  return (
    mediaType === "" || /^(text\/|application\/(json|xml|x?yaml)\b)|\+(json|xml)$/i.test(mediaType)
  );
}
