import { asObject } from "../../vendors/json-value.ts";
import type { RecordedRequest } from "../../vendors/start-vendor-server.ts";
import type { VendorReply } from "../../vendors/vendor-reply.ts";
import { type Drive, jsonReply, lineReply, plainChat, reply } from "./drive.ts";

/** Drives a row that speaks Ollama's own API. */
export const driveOllama: Drive = {
  chatPath: () => "/api/chat",
  embeddingsPath: () => "/api/embed",
  embeddingsBody: (model) => ({ model, input: ["one"] }),
  chat: plainChat,
  chatBody: (_row, model, stream) => ({
    model,
    messages: [{ role: "user", content: "one" }],
    options: { temperature: 0.5, num_predict: 64 },
    stream,
  }),
  headers: {},
  answer,
};

function answer({ path, json }: RecordedRequest): VendorReply {
  const head = { model: "m", created_at: "2026-11-22T00:00:00Z" };
  if (path.endsWith("/api/embed"))
    return jsonReply({ model: "m", embeddings: [[1, 2]], prompt_eval_count: 1 });
  const end = { done: true, done_reason: "stop", prompt_eval_count: 3, eval_count: 1 };
  if (asObject(json)?.stream !== true)
    return jsonReply({ ...head, message: { role: "assistant", content: reply }, ...end });
  return lineReply([
    { ...head, message: { role: "assistant", content: reply }, done: false },
    { ...head, message: { role: "assistant", content: "" }, ...end },
  ]);
}
