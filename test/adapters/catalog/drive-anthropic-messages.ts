import { asObject, type Json } from "../../vendors/json-value.ts";
import type { RecordedRequest } from "../../vendors/start-vendor-server.ts";
import type { VendorReply } from "../../vendors/vendor-reply.ts";
import { type Drive, eventReply, jsonReply, plainChat, reply } from "./drive.ts";

/** Drives a row that speaks Anthropic's messages. */
export const driveAnthropicMessages: Drive = {
  chatPath: () => "/v1/messages",
  embeddingsPath: () => "",
  embeddingsBody: () => null,
  chat: plainChat,
  chatBody: (_row, model, stream) => ({
    model,
    max_tokens: 64,
    messages: [{ role: "user", content: "one" }],
    temperature: 0.5,
    ...(stream ? { stream: true } : {}),
  }),
  headers: { "anthropic-version": "2023-06-01" },
  answer,
};

function answer({ json }: RecordedRequest): VendorReply {
  const usage = { input_tokens: 3, output_tokens: 1 };
  const message = {
    id: "m",
    type: "message",
    role: "assistant",
    model: "m",
    stop_sequence: null,
    usage,
  };
  if (asObject(json)?.stream !== true) {
    return jsonReply({
      ...message,
      content: [{ type: "text", text: reply }],
      stop_reason: "end_turn",
    });
  }
  const event = (type: string, members: { readonly [key: string]: Json }) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}`;
  return eventReply([
    event("message_start", { message: { ...message, content: [], stop_reason: null } }),
    event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
    event("content_block_delta", { index: 0, delta: { type: "text_delta", text: reply } }),
    event("content_block_stop", { index: 0 }),
    event("message_delta", {
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { output_tokens: 1 },
    }),
    event("message_stop", {}),
  ]);
}
