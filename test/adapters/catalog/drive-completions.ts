import { asObject } from "../../vendors/json-value.ts";
import type { RecordedRequest } from "../../vendors/start-vendor-server.ts";
import type { VendorReply } from "../../vendors/vendor-reply.ts";
import { type Drive, eventReply, jsonReply, plainChat, reply } from "./drive.ts";

const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 };

/** Drives models that speak legacy Completions. */
export const driveCompletions: Drive = {
  chatPath: () => "/completions",
  embeddingsPath: () => "",
  embeddingsBody: () => null,
  chat: plainChat,
  chatBody: (_row, model, stream) => ({
    model,
    prompt: "one",
    temperature: 0.5,
    max_tokens: 64,
    stream,
    ...(stream ? { stream_options: { include_usage: true } } : {}),
  }),
  headers: {},
  answer: ({ json }: RecordedRequest): VendorReply => {
    const shared = { id: "c", object: "text_completion", created: 1, model: "m" };
    const choice = { text: reply, index: 0, logprobs: null, finish_reason: "stop" };
    if (asObject(json)?.stream !== true) return jsonReply({ ...shared, choices: [choice], usage });
    const chunk = JSON.stringify({ ...shared, choices: [choice] });
    return eventReply([`data: ${chunk}`, "data: [DONE]"]);
  },
};

/** Drives models that fill in the middle. */
export const driveFim: Drive = {
  ...driveCompletions,
  chatPath: () => "/fim/completions",
  chatBody: (_row, model, stream) => ({
    model,
    prompt: "one",
    temperature: 0.5,
    max_tokens: 64,
    ...(stream ? { stream } : {}),
  }),
};
