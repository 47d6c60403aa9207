import type {
  Audio,
  Document,
  Image,
  Part,
  Reasoning,
  ToolCall,
} from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { appendAll } from "../../../core/append-all.ts";
import {
  dropped,
  type EncodeReport,
  emulated,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import { printBase64 } from "../../../json/base64.ts";
import type { Body } from "../../../json/members.ts";
import type { Writable } from "../../../json/write.ts";
import { addExtras, withPartExtras } from "../../shared/add-extras.ts";
import { encodeToolInput } from "../../shared/tool-input.ts";
import { DIALECT } from "../wire.ts";

/**
 * What a message of this dialect can hold: one text, pictures, thoughts and calls, each kind in a
 * place of its own.
 */
export interface Content {
  readonly texts: string[];
  /** Base64. */
  readonly images: string[];
  readonly thoughts: string[];
  readonly calls: Writable[];
  /** Members that opaque parts of this dialect add. */
  readonly members: Body;
  readonly report: EncodeReport;
}

/** Content without anything. */
export function createContent(report: EncodeReport): Content {
  return { texts: [], images: [], thoughts: [], calls: [], members: {}, report };
}

/**
 * Adds a part. What the dialect cannot say at all is refused, what it can say otherwise is
 * reported.
 */
export function addPart(content: Content, part: Part, path: string): void {
  const { report } = content;
  if (part.content.case !== "toolCall") withPartExtras([], part, path, report);
  const partContent = part.content;
  switch (partContent.case) {
    case "text":
      content.texts.push(partContent.value.text);
      return;
    case "refusal":
      emulated(report, `${path}.refusal`);
      content.texts.push(partContent.value.text);
      return;
    case "image":
      addImage(content, partContent.value, `${path}.image`);
      return;
    case "audio":
      addAudio(content, partContent.value, `${path}.audio`);
      return;
    case "document":
      addDocument(content, partContent.value, `${path}.document`);
      return;
    case "reasoning":
      addReasoning(content, partContent.value, `${path}.reasoning`);
      return;
    case "toolCall":
      appendAll(
        content.calls,
        withPartExtras(
          [encodeCall(partContent.value, content, `${path}.tool_call`)],
          part,
          path,
          report,
        ),
      );
      return;
    case "opaque":
      if (partContent.value.dialect !== DIALECT)
        dropped(report, `${path}.opaque`, `only ${partContent.value.dialect} knows it`);
      else addExtras(content.members, partContent.value.json, `${path}.opaque`, report);
      return;
    case "video":
      return;
    case "toolResult":
      cannot(report, `${path}.tool_result`, "a tool result in this place");
      return;
    case undefined:
      return;
  }
}

/**
 * The content as members of a message. Several texts become one, a line each, because `content` is
 * one text.
 */
export function contentMembers(content: Content, path: string): Body {
  const { texts, images, thoughts, calls, members, report } = content;
  if (texts.length > 1)
    mapped(report, path, "texts are joined by line ends, for the content of a message is one text");
  return {
    content: texts.join("\n"),
    thinking: thoughts.length === 0 ? undefined : thoughts.join("\n"),
    images: images.length === 0 ? undefined : images,
    tool_calls: calls.length === 0 ? undefined : calls,
    ...members,
  };
}

function cannot(report: EncodeReport, path: string, what: string): void {
  refuse(report, ErrorReason.UNSUPPORTED, path, `${what} cannot be sent in the ${DIALECT} dialect`);
}

function addImage(content: Content, image: Image, path: string): void {
  const { report } = content;
  if (image.source.case !== "data") {
    return;
  }
  if (image.mediaType !== "") mapped(report, `${path}.media_type`);
  if (content.texts.length > 0) mapped(report, path);
  content.images.push(printBase64(image.source.value));
}

/**
 * Models that hear take sound in the list of pictures, as the server's own OpenAI endpoint sends
 * it.
 */
function addAudio(content: Content, audio: Audio, path: string): void {
  const { report } = content;
  const { source } = audio;
  if (source.case !== "data" || source.value.length === 0) {
    cannot(report, path, "sound by address or id");
    return;
  }
  mapped(report, path);
  content.images.push(printBase64(source.value));
}

function addDocument(content: Content, document: Document, path: string): void {
  const { report } = content;
  const { source } = document;
  if (source.case !== "text" && source.case !== "content") {
    cannot(report, path, "a document other than text");
    return;
  }
  emulated(report, path);
  if (document.title !== "") content.texts.push(document.title);
  if (source.case === "text") content.texts.push(source.value);
  else
    for (const [at, part] of source.value.parts.entries())
      addPart(content, part, `${path}.content.parts[${at}]`);
}

function addReasoning(content: Content, reasoning: Reasoning, path: string): void {
  const { report } = content;
  const words = reasoning.text === "" ? reasoning.summaries.join("\n\n") : reasoning.text;
  if (reasoning.text !== "" && reasoning.summaries.length > 0) dropped(report, `${path}.summaries`);
  if (words !== "") content.thoughts.push(words);
}

/**
 * Arguments are an object here; `index` counts the calls of a message. Older servers pay no heed to
 * `id`.
 */
function encodeCall(call: ToolCall, { calls, report }: Content, path: string): Body {
  const index = calls.length;
  const id = call.id === "" ? undefined : call.id;
  if (call.input.case === "text") {
    emulated(report, `${path}.text`);
    return { id, function: { index, name: call.name, arguments: { input: call.input.value } } };
  }
  const { input, wrapped } = encodeToolInput(call.input.value ?? "");
  if (wrapped) emulated(report, `${path}.arguments_json`);
  return { id, function: { index, name: call.name, arguments: input } };
}
