import type { RecordedRequest } from "../../vendors/start-vendor-server.ts";
import type { VendorReply } from "../../vendors/vendor-reply.ts";
import { type Drive, eventReply, jsonReply, plainChat, ranks, reply } from "./drive.ts";

/** Drives a row that speaks to Text Generation Inference. */
export const driveHuggingfaceTgi: Drive = {
  chatPath: (_model, stream) => (stream ? "/generate_stream" : "/generate"),
  embeddingsPath: () => "",
  embeddingsBody: () => null,
  chat: plainChat,
  chatBody: () => ({
    inputs: "one",
    parameters: { temperature: 0.5, max_new_tokens: 64, return_full_text: false, details: true },
  }),
  headers: {},
  answer: ({ path }: RecordedRequest): VendorReply => {
    const token = { id: 1, text: reply, logprob: -0.5, special: false };
    const details = { finish_reason: "eos_token", generated_tokens: 1, seed: null };
    if (!path.endsWith("_stream")) {
      return jsonReply({
        generated_text: reply,
        details: { ...details, prefill: [], tokens: [token] },
      });
    }
    return eventReply([
      `data:${JSON.stringify({ index: 1, token, generated_text: reply, details })}`,
    ]);
  },
};

/** Drives a row that speaks to Text Embeddings Inference. */
export const driveHuggingfaceTei: Drive = {
  chatPath: () => "",
  embeddingsPath: () => "/v1/embeddings",
  embeddingsBody: (model) => ({ model, input: ["one"] }),
  rerank: {
    path: () => "/rerank",
    body: () => ({ query: "which", texts: ["one", "two"], return_text: true }),
  },
  chat: plainChat,
  chatBody: () => null,
  headers: {},
  answer: ({ path }: RecordedRequest): VendorReply => {
    if (path.endsWith("/rerank")) {
      return jsonReply(
        ranks.map(({ index, relevance_score }) => ({ index, score: relevance_score })),
      );
    }
    const data = [{ object: "embedding", index: 0, embedding: [1, 2] }];
    return jsonReply({
      object: "list",
      data,
      model: "m",
      usage: { prompt_tokens: 1, total_tokens: 1 },
    });
  },
};
