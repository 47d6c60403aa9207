import { asObject } from "../../vendors/json-value.ts";
import type { RecordedRequest } from "../../vendors/start-vendor-server.ts";
import type { VendorReply } from "../../vendors/vendor-reply.ts";
import { type Drive, eventReply, jsonReply, plainChat, reply } from "./drive.ts";

/** Drives a row that speaks Gemini: the model is in the path. */
export const driveGemini: Drive = {
  chatPath: (model, stream) =>
    `/v1beta/models/${model}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
  embeddingsPath: (model) => `/v1beta/models/${model}:batchEmbedContents`,
  embeddingsBody: (model) => ({
    requests: [{ model: `models/${model}`, content: { parts: [{ text: "one" }] } }],
  }),
  chat: plainChat,
  chatBody: () => ({
    contents: [{ role: "user", parts: [{ text: "one" }] }],
    generationConfig: { temperature: 0.5, maxOutputTokens: 64 },
  }),
  headers: {},
  answer,
};

function answer({ path, json }: RecordedRequest): VendorReply {
  if (asObject(json)?.requests !== undefined)
    return jsonReply({ embeddings: [{ values: [1, 2] }] });
  const content = { role: "model", parts: [{ text: reply }] };
  const whole = {
    candidates: [{ content, finishReason: "STOP", index: 0 }],
    usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 1, totalTokenCount: 4 },
    modelVersion: "m",
    responseId: "r",
  };
  return path.includes("alt=sse")
    ? eventReply([`data: ${JSON.stringify(whole)}`])
    : jsonReply(whole);
}
