import { asObject } from "../../vendors/json-value.ts";
import { type Drive, jsonReply } from "./drive.ts";
import { driveAnthropicMessages } from "./drive-anthropic-messages.ts";
import { driveGemini } from "./drive-gemini.ts";
import { driveOpenAiChat } from "./drive-openai-chat.ts";

/** Drives a row whose Gemini is that of Vertex AI. */
export const driveVertexGemini: Drive = {
  ...driveGemini,
  chatPath: (model, stream) =>
    `/publishers/google/models/${model}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
  embeddingsPath: (model) => {
    const [maker, name] = model.split("/");
    return name === undefined
      ? `/publishers/google/models/${model}:predict`
      : `/publishers/${maker}/models/${name}:embedContent`;
  },
  embeddingsBody: (model) =>
    model.includes("/")
      ? { content: { parts: [{ text: "one" }] } }
      : { instances: [{ content: "one" }] },
  answer: (request) => {
    const body = asObject(request.json);
    if (body?.content !== undefined) return jsonReply({ embedding: { values: [1, 2] } });
    if (body?.instances !== undefined)
      return jsonReply({ predictions: [{ embeddings: { values: [1, 2] } }] });
    return driveGemini.answer(request);
  },
};

/** Drives Claude on Vertex AI: the model is in the path, the version in the body. */
export const driveVertexMessages: Drive = {
  ...driveAnthropicMessages,
  chatPath: (model, stream) =>
    `/publishers/anthropic/models/${model}:${stream ? "streamRawPredict" : "rawPredict"}`,
  chatBody: (row, model, stream) => {
    const { model: _, ...body } =
      asObject(driveAnthropicMessages.chatBody(row, model, stream)) ?? {};
    return { ...body, anthropic_version: "vertex-2023-10-16" };
  },
};

/**
 * Drives models on Vertex AI that are asked in OpenAI's dialect: Mistral's by themselves, all
 * others at one address.
 */
export const driveVertexChat: Drive = {
  ...driveOpenAiChat,
  chatPath: (model, stream) =>
    model.startsWith("mistral")
      ? `/publishers/mistralai/models/${model}:${stream ? "streamRawPredict" : "rawPredict"}`
      : "/endpoints/openapi/chat/completions",
};
