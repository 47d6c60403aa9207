import type { Json } from "../../vendors/json-value.ts";
import type { RecordedRequest } from "../../vendors/start-vendor-server.ts";
import type { VendorReply } from "../../vendors/vendor-reply.ts";
import { type Drive, eventReply, jsonReply, plainChat, ranks, reply } from "./drive.ts";

const version = "version=the-api-version";
const scope = (model: string) => ({ model_id: model, project_id: "the-project-id" });

/** Drives a row that speaks IBM's API. */
export const driveWatsonx: Drive = {
  chatPath: (_model, stream) => `/ml/v1/text/${stream ? "chat_stream" : "chat"}?${version}`,
  embeddingsPath: () => `/ml/v1/text/embeddings?${version}`,
  embeddingsBody: (model) => ({ ...scope(model), inputs: ["one"] }),
  rerank: {
    path: () => `/ml/v1/text/rerank?${version}`,
    body: (_row, model) => ({
      ...scope(model),
      query: "which",
      inputs: [{ text: "one" }, { text: "two" }],
      parameters: { return_options: { top_n: 1, inputs: true } },
    }),
  },
  chat: plainChat,
  chatBody: (_row, model) => ({
    ...scope(model),
    messages: [{ role: "user", content: "one" }],
    temperature: 0.5,
    max_completion_tokens: 64,
  }),
  headers: {},
  answer,
};

function answer({ path }: RecordedRequest): VendorReply {
  const head = { model_id: "m", created_at: "2026-11-22T00:00:00Z" };
  if (path.includes("/embeddings")) {
    return jsonReply({ ...head, results: [{ embedding: [1, 2] }], input_token_count: 1 });
  }
  if (path.includes("/rerank")) {
    const results = ranks.map(({ index, relevance_score }) => ({ index, score: relevance_score }));
    return jsonReply({ ...head, results, input_token_count: 4 });
  }
  const chat = { ...head, id: "c", model: "m", created: 1 };
  const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 };
  if (path.includes("/chat?")) {
    const choices = [
      { index: 0, message: { role: "assistant", content: reply }, finish_reason: "stop" },
    ];
    return jsonReply({ ...chat, choices, usage });
  }
  const chunk = (id: number, members: { readonly [key: string]: Json }) =>
    `id: ${id}\nevent: message\ndata: ${JSON.stringify({ ...chat, ...members })}`;
  return eventReply([
    chunk(1, {
      choices: [{ index: 0, finish_reason: null, delta: { role: "assistant", content: reply } }],
    }),
    chunk(2, { choices: [{ index: 0, finish_reason: "stop", delta: { content: "" } }] }),
    chunk(3, { choices: [], usage }),
    "id: 4\nevent: close\ndata: {}",
  ]);
}
