import { printEvent } from "../../upstream/print-event-stream.ts";
import type { RecordedRequest } from "../../vendors/start-vendor-server.ts";
import type { VendorReply } from "../../vendors/vendor-reply.ts";
import { type Drive, jsonReply, plainChat, reply } from "./drive.ts";
import { streamReply } from "./drive-bedrock-converse.ts";

/** Drives a row that speaks Anthropic's messages inside of InvokeModel. */
export const driveBedrockInvoke: Drive = {
  chatPath: (model, stream) =>
    `/model/${model}/${stream ? "invoke-with-response-stream" : "invoke"}`,
  embeddingsPath: () => "",
  embeddingsBody: () => null,
  chat: plainChat,
  chatBody: () => ({
    anthropic_version: "bedrock-2023-05-31",
    max_tokens: 64,
    messages: [{ role: "user", content: "one" }],
    temperature: 0.5,
  }),
  headers: {},
  answer,
};

function answer({ path }: RecordedRequest): VendorReply {
  const usage = { input_tokens: 3, output_tokens: 1 };
  const message = {
    id: "m",
    type: "message",
    role: "assistant",
    model: "m",
    stop_sequence: null,
    usage,
  };
  if (path.endsWith("/invoke")) {
    return jsonReply({
      ...message,
      content: [{ type: "text", text: reply }],
      stop_reason: "end_turn",
    });
  }
  const chunk = (type: string, members: object) =>
    printEvent("chunk", {
      bytes: Buffer.from(JSON.stringify({ type, ...members })).toString("base64"),
      p: "ab",
    });
  return streamReply([
    chunk("message_start", { message: { ...message, content: [], stop_reason: null } }),
    chunk("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
    chunk("content_block_delta", { index: 0, delta: { type: "text_delta", text: reply } }),
    chunk("content_block_stop", { index: 0 }),
    chunk("message_delta", {
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { output_tokens: 1 },
    }),
    chunk("message_stop", {}),
  ]);
}
