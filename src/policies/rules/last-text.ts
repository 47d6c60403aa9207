import { isMessage } from "@bufbuild/protobuf";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { type Message, Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { EmbedSpecSchema } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import { ModerationSpecSchema } from "../../../gen/parlance/moderation/v1/moderation_pb.js";
import { RerankSpecSchema } from "../../../gen/parlance/rerank/v1/ranking_pb.js";
import type { RequestMessage } from "../../core/operation.ts";

/** How much of a text conditions read, in characters. */
const maxText = 8192;

/**
 * The text of the last user message of a chat, the query of a rerank, or the last text of another
 * operation; its first 8192 characters. "" where there is none.
 */
export function lastText(message: RequestMessage): string {
  if (isMessage(message, ChatSchema)) {
    const last = message.messages.findLast((one) => one.role === Role.USER && hasText(one));
    return last === undefined ? "" : textOf(last);
  }
  return otherText(message).slice(0, maxText);
}

function otherText(message: RequestMessage): string {
  if (isMessage(message, RerankSpecSchema)) return message.query;
  if (isMessage(message, EmbedSpecSchema)) {
    const input = message.inputs.findLast((one) => one.input.case === "text")?.input;
    return input?.case === "text" ? input.value : "";
  }
  if (!isMessage(message, ModerationSpecSchema)) return "";
  const parts = message.inputs.at(-1)?.parts ?? [];
  const part = parts.findLast((one) => one.part.case === "text")?.part;
  return part?.case === "text" ? part.value : "";
}

function hasText({ parts }: Message): boolean {
  return parts.some(({ content }) => content.case === "text");
}

function textOf({ parts }: Message): string {
  let text = "";
  for (const { content } of parts) {
    if (content.case !== "text") continue;
    text += (text === "" ? "" : "\n") + content.value.text.slice(0, maxText);
    if (text.length >= maxText) return text.slice(0, maxText);
  }
  return text;
}
