import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { CatalogRow } from "../../../src/adapters/catalog/catalog-row.ts";
import { asObject, type Json } from "../../vendors/json-value.ts";
import type { RecordedRequest } from "../../vendors/start-vendor-server.ts";
import type { VendorReply } from "../../vendors/vendor-reply.ts";
import { type Drive, eventReply, jsonReply, ranks, reply } from "./drive.ts";

const text = (words: string) => ({ content: { case: "text" as const, value: { text: words } } });
const schema = { type: "object", properties: { city: { type: "string" } } };

/** Drives a row that speaks OpenAI's chat completions. */
export const driveOpenAiChat: Drive = {
  chatPath: () => "/chat/completions",
  embeddingsPath: () => "/embeddings",
  embeddingsBody: (model) => ({ model, input: "one" }),
  rerank: { path: () => "/rerank", body: rerankBody },
  chat: {
    messages: [
      { role: Role.DEVELOPER, parts: [text("be brief")] },
      { role: Role.USER, parts: [text("one")] },
      {
        role: Role.ASSISTANT,
        parts: [{ content: { case: "reasoning", value: { text: "hm" } } }, text("two")],
      },
      { role: Role.USER, parts: [text("three")] },
    ],
    tools: [
      {
        tool: { case: "function", value: { name: "look", parametersJson: JSON.stringify(schema) } },
      },
    ],
    parallelToolCalls: false,
    responseFormat: {
      format: {
        case: "jsonSchema",
        value: { name: "place", schemaJson: JSON.stringify(schema), strict: true },
      },
    },
    sampling: { temperature: 0.5, seed: 7n, topK: 40, minP: 0.1, repetitionPenalty: 1.5 },
    maxOutputTokens: 64,
  },
  chatBody,
  headers: {},
  answer,
};

function chatBody({ quirks }: CatalogRow, model: string, stream: boolean): Json {
  const maxTokensField = String(quirks.maxTokensField);
  const seedField = String(quirks.seedField);
  const reasoningField = String(quirks.reasoningField);
  const instruction = `Answer with one JSON object and nothing else that follows this JSON Schema:\n${JSON.stringify(schema)}`;
  return {
    model,
    messages: [
      ...(quirks.jsonSchema === true ? [] : [{ role: "system", content: instruction }]),
      { role: quirks.developerRole === true ? "developer" : "system", content: "be brief" },
      { role: "user", content: "one" },
      {
        role: "assistant",
        content: "two",
        ...(reasoningField === "none" ? {} : { [reasoningField]: "hm" }),
      },
      { role: "user", content: "three" },
    ],
    tools: [{ type: "function", function: { name: "look", parameters: schema } }],
    ...(quirks.parallelToolCalls === true ? { parallel_tool_calls: false } : {}),
    response_format:
      quirks.jsonSchema === true
        ? { type: "json_schema", json_schema: { name: "place", schema, strict: true } }
        : { type: "json_object" },
    temperature: 0.5,
    [seedField]: 7,
    ...taken(quirks, quirks.extendedSampling === false ? {} : extended),
    [maxTokensField]: 64,
    ...(stream ? { stream: true } : {}),
    ...(stream && quirks.streamUsage === true ? { stream_options: { include_usage: true } } : {}),
  };
}

const extended = { top_k: 40, min_p: 0.1, repetition_penalty: 1.5 };

/** Of these members the ones that a vendor takes which lists them. */
function taken({ takes }: CatalogRow["quirks"], members: Readonly<Record<string, Json>>) {
  return Object.fromEntries(
    Object.entries(members).filter(([key]) => !Array.isArray(takes) || takes.includes(key)),
  );
}

/** The two shapes of rows that rank in this dialect. */
function rerankBody({ quirks }: CatalogRow, model: string): Json {
  const bound = quirks.rerankShape === "voyage" ? "top_k" : "top_n";
  return { model, query: "which", documents: ["one", "two"], [bound]: 1, return_documents: true };
}

function answer({ json, path }: RecordedRequest): VendorReply {
  const body = asObject(json);
  const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 };
  if (body?.documents !== undefined) {
    const list = body.top_k === undefined ? "results" : "data";
    return jsonReply({ id: "r", model: "m", [list]: ranks, usage: { total_tokens: 4 } });
  }
  if (path.endsWith("/moderations"))
    return jsonReply({ id: "m", model: "m", results: [{ categories: { violence: true } }] });
  if (body?.input !== undefined) {
    // The one vendor of the dialect that gives no floats.
    const signed = String(body.model).includes("perplexity");
    const embedding = signed ? Buffer.from(Int8Array.of(1, 2)).toString("base64") : [1, 2];
    const data = [{ object: "embedding", index: 0, embedding }];
    return jsonReply({ object: "list", model: "m", data, usage });
  }
  const shared = { id: "c", created: 1, model: "m" };
  if (body?.stream !== true) {
    const choices = [
      { index: 0, message: { role: "assistant", content: reply }, finish_reason: "stop" },
    ];
    return jsonReply({ ...shared, object: "chat.completion", choices, usage });
  }
  const chunk = (delta: Json, finish: string | null) =>
    `data: ${JSON.stringify({
      ...shared,
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta, finish_reason: finish }],
    })}`;
  return eventReply([
    chunk({ role: "assistant", content: reply }, null),
    chunk({}, "stop"),
    "data: [DONE]",
  ]);
}
