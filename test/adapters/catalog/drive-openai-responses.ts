import { asObject, type Json } from "../../vendors/json-value.ts";
import type { RecordedRequest } from "../../vendors/start-vendor-server.ts";
import type { VendorReply } from "../../vendors/vendor-reply.ts";
import { type Drive, eventReply, jsonReply, plainChat, reply } from "./drive.ts";

/** Drives a row that speaks OpenAI's Responses. */
export const driveOpenAiResponses: Drive = {
  chatPath: () => "/responses",
  embeddingsPath: () => "",
  embeddingsBody: () => null,
  chat: plainChat,
  chatBody: (_row, model, stream) => ({
    model,
    input: [{ type: "message", role: "user", content: "one" }],
    max_output_tokens: 64,
    temperature: 0.5,
    ...(stream ? { stream: true } : {}),
  }),
  headers: {},
  answer,
};

function answer({ json }: RecordedRequest): VendorReply {
  const part = { type: "output_text", text: reply, annotations: [] };
  const item = {
    type: "message",
    id: "msg_1",
    role: "assistant",
    status: "completed",
    content: [part],
  };
  const usage = { input_tokens: 3, output_tokens: 1, total_tokens: 4 };
  const response = {
    id: "resp_1",
    object: "response",
    created_at: 1,
    model: "m",
    status: "completed",
    output: [item],
    usage,
  };
  if (asObject(json)?.stream !== true) return jsonReply(response);
  const at = { item_id: "msg_1", output_index: 0, content_index: 0 };
  const event = (type: string, members: { readonly [key: string]: Json }) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}`;
  return eventReply([
    event("response.created", {
      response: { ...response, status: "in_progress", output: [], usage: null },
    }),
    event("response.output_item.added", {
      output_index: 0,
      item: { ...item, status: "in_progress", content: [] },
    }),
    event("response.content_part.added", { ...at, part: { ...part, text: "" } }),
    event("response.output_text.delta", { ...at, delta: reply }),
    event("response.output_text.done", { ...at, text: reply }),
    event("response.output_item.done", { output_index: 0, item }),
    event("response.completed", { response }),
  ]);
}
