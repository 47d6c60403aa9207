import { printEvent } from "../test/upstream/print-event-stream.ts";
import type { DialectName } from "./upstream-names.ts";

/** What a vendor that speaks a dialect answers. */
export interface VendorReplies {
  /** The whole answer in one piece. */
  readonly unary: (text: string) => object;
  readonly streamType: string;
  /** The frames of a stream, one for each text and those that frame them. */
  readonly frames: (texts: readonly string[]) => readonly (string | Uint8Array)[];
}

/** Answers of the dialects that no tiny vendor speaks, in the form their vendors document. */
export const vendorReplies: Readonly<
  Record<Exclude<DialectName, "openai" | "anthropic">, VendorReplies>
> = {
  responses: {
    unary: (text) => response("completed", [responseItem("completed", [outputText(text)])]),
    streamType: "text/event-stream",
    frames: responsesFrames,
  },
  gemini: {
    unary: (text) => geminiChunk(text, "STOP"),
    streamType: "text/event-stream",
    frames: (texts) =>
      [...texts.map((text) => geminiChunk(text)), geminiChunk("", "STOP")].map(unnamed),
  },
  bedrock: {
    unary: (text) => ({
      output: { message: { role: "assistant", content: [{ text }] } },
      stopReason: "end_turn",
      usage: bedrockUsage,
      metrics: { latencyMs: 9 },
    }),
    streamType: "application/vnd.amazon.eventstream",
    frames: (texts) => [
      printEvent("messageStart", { role: "assistant" }),
      ...texts.map((text) =>
        printEvent("contentBlockDelta", { contentBlockIndex: 0, delta: { text } }),
      ),
      printEvent("contentBlockStop", { contentBlockIndex: 0 }),
      printEvent("messageStop", { stopReason: "end_turn" }),
      printEvent("metadata", { usage: bedrockUsage, metrics: { latencyMs: 9 } }),
    ],
  },
  cohere: {
    unary: (text) => ({
      id: "c",
      message: { role: "assistant", content: [{ type: "text", text }] },
      ...cohereEnd,
    }),
    streamType: "text/event-stream",
    frames: (texts) =>
      [
        { type: "message-start", id: "c", delta: { message: { role: "assistant", content: [] } } },
        {
          type: "content-start",
          index: 0,
          delta: { message: { content: { type: "text", text: "" } } },
        },
        ...texts.map((text) => ({
          type: "content-delta",
          index: 0,
          delta: { message: { content: { text } } },
        })),
        { type: "content-end", index: 0 },
        { type: "message-end", id: "c", delta: cohereEnd },
      ].map(named),
  },
  ollama: {
    unary: (text) => ({ ...ollamaMessage(text), ...ollamaEnd }),
    streamType: "application/x-ndjson",
    frames: (texts) =>
      [
        ...texts.map((text) => ({ ...ollamaMessage(text), done: false })),
        { ...ollamaMessage(""), ...ollamaEnd },
      ].map((line) => `${JSON.stringify(line)}\n`),
  },
  tgi: {
    unary: (text) => ({
      generated_text: text,
      details: { ...tgiDetails, prefill: [], tokens: [] },
    }),
    streamType: "text/event-stream",
    frames: (texts) =>
      texts.map((text, index) =>
        unnamed({
          index: index + 1,
          token: { id: 1, text, logprob: -0.5, special: false },
          generated_text: index === texts.length - 1 ? texts.join("") : null,
          details: index === texts.length - 1 ? tgiDetails : null,
        }),
      ),
  },
};

const bedrockUsage = { inputTokens: 10, outputTokens: 20, totalTokens: 30 };
const tgiDetails = { finish_reason: "eos_token", generated_tokens: 20, seed: null };
const ollamaEnd = { done: true, done_reason: "stop", prompt_eval_count: 10, eval_count: 20 };
const cohereEnd = {
  finish_reason: "COMPLETE",
  usage: {
    billed_units: { input_tokens: 10, output_tokens: 20 },
    tokens: { input_tokens: 10, output_tokens: 20 },
  },
};

function unnamed(json: object): string {
  return `data: ${JSON.stringify(json)}\n\n`;
}

function named(json: { readonly type: string; readonly [member: string]: unknown }): string {
  return `event: ${json.type}\ndata: ${JSON.stringify(json)}\n\n`;
}

function ollamaMessage(content: string): object {
  return {
    model: "tiny",
    created_at: "2026-01-01T00:00:00Z",
    message: { role: "assistant", content },
  };
}

function geminiChunk(text: string, finishReason?: string): object {
  return {
    candidates: [{ content: { role: "model", parts: [{ text }] }, finishReason, index: 0 }],
    usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 20, totalTokenCount: 30 },
    modelVersion: "tiny",
    responseId: "r",
  };
}

function outputText(text: string): object {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}

function responseItem(status: string, content: readonly object[]): object {
  return { id: "msg_tiny", type: "message", status, role: "assistant", content };
}

function response(status: string, output: readonly object[]): object {
  const details = {
    input_tokens_details: { cached_tokens: 0 },
    output_tokens_details: { reasoning_tokens: 0 },
  };
  const usage = { input_tokens: 10, output_tokens: 20, total_tokens: 30, ...details };
  const head = {
    id: "resp_tiny",
    object: "response",
    created_at: 1767225600,
    model: "tiny",
    error: null,
  };
  return {
    ...head,
    status,
    output,
    incomplete_details: null,
    usage: status === "completed" ? usage : null,
  };
}

function responsesFrames(texts: readonly string[]): readonly string[] {
  const place = { item_id: "msg_tiny", output_index: 0, content_index: 0 };
  const whole = outputText(texts.join(""));
  const done = responseItem("completed", [whole]);
  const item = { output_index: 0 };
  const steps = [
    { type: "response.created", response: response("in_progress", []) },
    { type: "response.output_item.added", ...item, item: responseItem("in_progress", []) },
    { type: "response.content_part.added", ...place, part: outputText("") },
    ...texts.map((delta) => ({
      type: "response.output_text.delta",
      ...place,
      delta,
      logprobs: [],
    })),
    { type: "response.output_text.done", ...place, text: texts.join(""), logprobs: [] },
    { type: "response.content_part.done", ...place, part: whole },
    { type: "response.output_item.done", ...item, item: done },
    { type: "response.completed", response: response("completed", [done]) },
  ];
  return steps.map((step, sequence_number) => named({ ...step, sequence_number }));
}
