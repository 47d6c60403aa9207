import { asObject } from "../../vendors/json-value.ts";
import type { RecordedRequest } from "../../vendors/start-vendor-server.ts";
import type { VendorReply } from "../../vendors/vendor-reply.ts";
import { type Drive, eventReply, jsonReply, plainChat, ranks, reply } from "./drive.ts";

/** Drives a row that speaks version 2 of Cohere's API. */
export const driveCohere: Drive = {
  chatPath: () => "/v2/chat",
  embeddingsPath: () => "/v2/embed",
  embeddingsBody: (model) => ({
    model,
    texts: ["one"],
    input_type: "search_document",
    embedding_types: ["float"],
  }),
  rerank: {
    path: () => "/v2/rerank",
    body: (_row, model) => ({ model, query: "which", documents: ["one", "two"], top_n: 1 }),
  },
  chat: plainChat,
  chatBody: (_row, model, stream) => ({
    model,
    messages: [{ role: "user", content: "one" }],
    max_tokens: 64,
    temperature: 0.5,
    stream,
  }),
  headers: {},
  answer,
};

function answer({ path, json }: RecordedRequest): VendorReply {
  if (path.endsWith("/embed")) {
    return jsonReply({
      id: "e",
      embeddings: { float: [[1, 2]] },
      meta: { billed_units: { input_tokens: 1 } },
    });
  }
  if (path.endsWith("/rerank")) {
    return jsonReply({ id: "r", results: ranks, meta: { billed_units: { search_units: 1 } } });
  }
  const usage = { tokens: { input_tokens: 3, output_tokens: 1 } };
  if (asObject(json)?.stream !== true) {
    const message = { role: "assistant", content: [{ type: "text", text: reply }] };
    return jsonReply({ id: "c", finish_reason: "COMPLETE", message, usage });
  }
  return eventReply(
    [
      { id: "c", type: "message-start", delta: { message: { role: "assistant" } } },
      {
        type: "content-start",
        index: 0,
        delta: { message: { content: { type: "text", text: "" } } },
      },
      { type: "content-delta", index: 0, delta: { message: { content: { text: reply } } } },
      { type: "content-end", index: 0 },
      { type: "message-end", delta: { finish_reason: "COMPLETE", usage } },
    ].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}`),
  );
}
