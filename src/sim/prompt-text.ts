import { Buffer } from "node:buffer";
import type { Chat } from "../../gen/parlance/chat/v1/chat_pb.js";
import { type Message, Role } from "../../gen/parlance/chat/v1/message_pb.js";
import type {
  Audio,
  Document,
  Image,
  Part,
  ToolResult,
  Video,
} from "../../gen/parlance/chat/v1/part_pb.js";

/**
 * The last user message in words; tool results are none of them. "" where there is no user message.
 */
export function lastUserText(chat: Chat): string {
  const spoken = chat.messages.findLast(
    (message) => message.role === Role.USER && !message.parts.every(isToolResult),
  );
  return spoken === undefined ? "" : textOf(spoken.parts.filter((part) => !isToolResult(part)));
}

/** The tool results that the model is to answer: those after its own last turn. */
export function newToolResults(chat: Chat): ToolResult[] {
  const answered = chat.messages.findLastIndex(
    (message: Message) => message.role === Role.ASSISTANT,
  );
  const parts = chat.messages.slice(answered + 1).flatMap((message) => message.parts);
  return parts.flatMap(({ content }) => (content.case === "toolResult" ? [content.value] : []));
}

/**
 * Parts in words, one a line; what is not text is mentioned, such as `[image image/png 68 bytes]`.
 */
export function textOf(parts: readonly Part[]): string {
  return parts.map(partText).join("\n");
}

function isToolResult({ content }: Part): boolean {
  return content.case === "toolResult";
}

function partText({ content }: Part): string {
  switch (content.case) {
    case "text":
    case "refusal":
    case "reasoning":
      return content.value.text;
    case "image":
      return mention("image", content.value.mediaType, sourceText(content.value));
    case "video":
      return mention("video", content.value.mediaType, sourceText(content.value));
    case "audio":
      return mention("audio", content.value.format, sourceText(content.value));
    case "document":
      return mention(
        "document",
        content.value.title,
        content.value.mediaType,
        sourceText(content.value),
      );
    case "toolCall":
      return `${content.value.name} ${content.value.input.value ?? ""}`;
    case "toolResult":
      return textOf(content.value.content);
    case "opaque":
      return mention("opaque", content.value.dialect);
    case undefined:
      return "";
  }
}

function mention(...words: readonly string[]): string {
  return `[${words.filter((word) => word !== "").join(" ")}]`;
}

const LONGEST_ADDRESS = 100;

function sourceText({ source }: Image | Audio | Video | Document): string {
  switch (source.case) {
    case "data":
      return `${source.value.length} bytes`;
    case "text":
      return `${Buffer.byteLength(source.value)} bytes`;
    case "url":
      return source.value.length > LONGEST_ADDRESS
        ? `${source.value.slice(0, LONGEST_ADDRESS)}…`
        : source.value;
    case "fileId":
    case "id":
      return source.value;
    case "content":
      return `${source.value.parts.length} parts`;
    case undefined:
      return "";
  }
}
