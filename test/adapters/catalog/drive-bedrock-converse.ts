import { printEvent } from "../../upstream/print-event-stream.ts";
import type { RecordedRequest } from "../../vendors/start-vendor-server.ts";
import type { VendorReply } from "../../vendors/vendor-reply.ts";
import { type Drive, jsonReply, plainChat, reply } from "./drive.ts";

/** Drives a row that speaks Converse: the model is in the path, and a stream is binary. */
export const driveBedrockConverse: Drive = {
  chatPath: (model, stream) => `/model/${model}/${stream ? "converse-stream" : "converse"}`,
  embeddingsModel: "amazon.titan-embed-text-v1",
  embeddingsPath: (model) => `/model/${model}/invoke`,
  embeddingsBody: () => ({ inputText: "one" }),
  chat: plainChat,
  chatBody: () => ({
    messages: [{ role: "user", content: [{ text: "one" }] }],
    inferenceConfig: { maxTokens: 64, temperature: 0.5 },
  }),
  headers: {},
  answer,
};

function answer({ path }: RecordedRequest): VendorReply {
  if (path.endsWith("/invoke")) return jsonReply({ embedding: [1, 2], inputTextTokenCount: 1 });
  const usage = { inputTokens: 3, outputTokens: 1, totalTokens: 4 };
  if (path.endsWith("/converse")) {
    const message = { role: "assistant", content: [{ text: reply }] };
    return jsonReply({
      output: { message },
      stopReason: "end_turn",
      usage,
      metrics: { latencyMs: 9 },
    });
  }
  return streamReply([
    printEvent("messageStart", { role: "assistant" }),
    printEvent("contentBlockDelta", { contentBlockIndex: 0, delta: { text: reply } }),
    printEvent("contentBlockStop", { contentBlockIndex: 0 }),
    printEvent("messageStop", { stopReason: "end_turn" }),
    printEvent("metadata", { usage, metrics: { latencyMs: 9 } }),
  ]);
}

/** A binary stream of events. */
export function streamReply(frames: readonly Buffer[]): VendorReply {
  return {
    status: 200,
    headers: { "content-type": "application/vnd.amazon.eventstream" },
    frames,
    ending: "end",
  };
}
