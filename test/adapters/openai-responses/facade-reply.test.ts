import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { CompletionSchema, FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import { type Event, EventSchema } from "../../../gen/parlance/chat/v1/event_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { openAiResponsesFacade as openAiResponsesFacadeOriginal } from "../../../src/adapters/openai-responses/index.ts";
import { unseal } from "../../../src/adapters/shared/sealed-reasoning.ts";
import { isObject, type Json, type JsonObject } from "../../../src/json/json.ts";
import { clientSide } from "../sides.ts";
import { call, customCall, opaque, type PartInit, text } from "./encode-chat.ts";
import { context, encodeEvents, framesOf, jsonOf } from "./wire-frames.ts";

const openAiResponsesFacade = clientSide(openAiResponsesFacadeOriginal);

type EventInit = NonNullable<MessageInitShape<typeof EventSchema>["event"]>;

function reply(
  parts: PartInit[],
  finishReason: FinishReason,
  more: MessageInitShape<typeof CompletionSchema> = {},
) {
  const completion = create(CompletionSchema, {
    choices: [{ message: { role: Role.ASSISTANT, parts }, finishReason, vendorFinishReason: "" }],
    ...more,
  });
  return JSON.parse(openAiResponsesFacade.encodeResponse(completion, context));
}

function events(...inits: EventInit[]): Event[] {
  return inits.map((event) => create(EventSchema, { event }));
}

/** The JSON of each frame that a client gets, without what the first two repeat. */
function told(...inits: EventInit[]): JsonObject[] {
  return jsonOf(framesOf(encodeEvents(events(...inits)))).filter((json): json is JsonObject =>
    isObject(json as Json),
  );
}

function typesOf(frames: readonly JsonObject[]): unknown[] {
  return frames.map(({ type }) => String(type).replace("response.", ""));
}

const start: EventInit = {
  case: "messageStart",
  value: { id: "x1", model: "claude", createdUnixS: 7n },
};
const stop: EventInit = { case: "finish", value: { reason: FinishReason.STOP } };

describe("a whole reply", () => {
  it("has every member a client reads, also where the vendor told little", () => {
    expect(reply([text("hi")], FinishReason.STOP)).toEqual({
      id: "resp_call-1",
      object: "response",
      created_at: 1,
      status: "completed",
      background: false,
      error: null,
      incomplete_details: null,
      instructions: null,
      max_output_tokens: null,
      metadata: {},
      model: "alias",
      output: [
        {
          id: "msg_call-1_0",
          type: "message",
          status: "completed",
          role: "assistant",
          content: [{ type: "output_text", text: "hi", annotations: [], logprobs: [] }],
        },
      ],
      parallel_tool_calls: true,
      previous_response_id: null,
      reasoning: { effort: null, summary: null },
      service_tier: null,
      temperature: null,
      text: { format: { type: "text" } },
      tool_choice: "auto",
      tools: [],
      top_p: null,
      truncation: "disabled",
      usage: null,
      user: null,
    });
  });

  const parts: readonly (readonly [title: string, part: PartInit, item: object])[] = [
    [
      "a tool call",
      call("t", "f", '{ "b":1.0 }'),
      { type: "function_call", call_id: "t", name: "f", arguments: '{ "b":1.0 }' },
    ],
    [
      "a tool call without arguments",
      call("t", "f", ""),
      { type: "function_call", arguments: "{}" },
    ],
    [
      "a call with free text",
      customCall("t", "sh", "ls"),
      { type: "custom_tool_call", call_id: "t", name: "sh", input: "ls" },
    ],
    [
      "a refusal",
      { content: { case: "refusal", value: { text: "no" } } },
      { type: "message", content: [{ type: "refusal", refusal: "no" }] },
    ],
    [
      "the vendor's own reasoning",
      {
        content: {
          case: "reasoning",
          value: { id: "rs_1", encrypted: "E", summaries: ["a", "b"], dialect: "openai-responses" },
        },
      },
      {
        type: "reasoning",
        id: "rs_1",
        summary: [
          { type: "summary_text", text: "a" },
          { type: "summary_text", text: "b" },
        ],
        encrypted_content: "E",
      },
    ],
    [
      "a picture",
      {
        content: {
          case: "image",
          value: { source: { case: "data", value: Buffer.from("P") }, mediaType: "image/png" },
        },
      },
      { type: "image_generation_call", status: "completed", result: "UA==" },
    ],
    [
      "an item that only this dialect has",
      opaque('{"type":"web_search_call","id":"ws"}'),
      { type: "web_search_call", id: "ws" },
    ],
    [
      "content that only this dialect has",
      opaque('{"type":"output_audio","data":"x"}'),
      { type: "message", content: [{ type: "output_audio", data: "x" }] },
    ],
  ];
  for (const [title, part, item] of parts) {
    it(`tells ${title}`, () => {
      expect(reply([part], FinishReason.STOP).output).toMatchObject([item]);
    });
  }

  it("seals the proofs of other dialects, so that they come back", () => {
    const proof = { text: "t", signature: "S", dialect: "anthropic-messages" };
    const signed: PartInit = {
      content: {
        case: "toolCall",
        value: {
          id: "c",
          name: "f",
          signature: "G",
          input: { case: "argumentsJson", value: "{}" },
        },
      },
    };
    const { output } = reply(
      [{ content: { case: "reasoning", value: proof } }, signed],
      FinishReason.TOOL_CALLS,
    );
    expect(output.map((item: JsonObject) => item.type)).toEqual([
      "reasoning",
      "reasoning",
      "function_call",
    ]);
    expect(unseal(output[0].encrypted_content)).toMatchObject({
      kind: "reasoning",
      reasoning: proof,
    });
    expect(unseal(output[1].encrypted_content)).toEqual({
      kind: "call",
      proof: { toolCallId: "c", signature: "G" },
    });
    expect(unseal("parlance.!!!")).toBeUndefined();
  });

  const endings: readonly (readonly [
    reason: FinishReason,
    status: string,
    why: string | undefined,
  ])[] = [
    [FinishReason.STOP, "completed", undefined],
    [FinishReason.TOOL_CALLS, "completed", undefined],
    [FinishReason.LENGTH, "incomplete", "max_output_tokens"],
    [FinishReason.CONTEXT_WINDOW, "incomplete", "max_output_tokens"],
    [FinishReason.CONTENT_FILTER, "incomplete", "content_filter"],
    [FinishReason.REFUSAL, "incomplete", "content_filter"],
    [FinishReason.ERROR, "failed", undefined],
    [FinishReason.PAUSE, "incomplete", "max_output_tokens"],
    [FinishReason.OTHER, "completed", undefined],
  ];
  for (const [reason, status, why] of endings) {
    it(`that ended with ${FinishReason[reason]} is ${status}`, () => {
      const body = reply([text("a")], reason);
      expect([body.status, body.incomplete_details?.reason]).toEqual([status, why]);
      expect(body.error === null).toBe(status !== "failed");
    });
  }

  it("tells usage, extras and likelihoods", () => {
    const usage = {
      inputTokens: 9n,
      cacheReadTokens: 4n,
      outputTokens: 2n,
      reasoningTokens: 1n,
      serviceTier: "flex",
    };
    const logprobs = { content: [{ token: "h", logprob: -1 }] };
    const body = reply([], FinishReason.STOP, {
      usage,
      choices: [{ message: { parts: [text("h")] }, finishReason: FinishReason.STOP, logprobs }],
      extrasJson: { "openai-responses": '{"billing":1.0,"id":"never"}' },
    });
    expect(body).toMatchObject({
      id: "resp_call-1",
      billing: 1,
      service_tier: "flex",
      usage: {
        input_tokens: 9,
        input_tokens_details: { cached_tokens: 4 },
        output_tokens: 2,
        output_tokens_details: { reasoning_tokens: 1 },
        total_tokens: 11,
      },
      output: [
        {
          content: [
            { text: "h", logprobs: [{ token: "h", logprob: -1, bytes: null, top_logprobs: [] }] },
          ],
        },
      ],
    });
  });
});

describe("a streamed reply", () => {
  it("tells text as a message with its content, in the vendor's order, with numbers without a gap", () => {
    const frames = told(
      start,
      { case: "textDelta", value: { part: 0, text: "a" } },
      {
        case: "citationAdd",
        value: { part: 0, citation: { source: { case: "web", value: { url: "u" } } } },
      },
      { case: "textDelta", value: { part: 0, text: "b" } },
      stop,
      { case: "usage", value: { inputTokens: 1n, outputTokens: 2n } },
    );
    expect(typesOf(frames)).toEqual([
      "created",
      "in_progress",
      "output_item.added",
      "content_part.added",
      "output_text.delta",
      "output_text.annotation.added",
      "output_text.delta",
      "output_text.done",
      "content_part.done",
      "output_item.done",
      "completed",
    ]);
    expect(frames.map((frame) => frame.sequence_number)).toEqual(frames.map((_, index) => index));
    expect(frames[0]).toMatchObject({
      response: { id: "resp_x1", model: "claude", status: "in_progress", output: [] },
    });
    expect(frames[7]).toMatchObject({
      item_id: "msg_call-1_0",
      output_index: 0,
      content_index: 0,
      text: "ab",
    });
    expect(frames.at(-1)).toMatchObject({
      response: { status: "completed", usage: { total_tokens: 3 } },
    });
  });

  it("tells thought, words and calls as items one after the other", () => {
    const frames = told(
      start,
      { case: "reasoningDelta", value: { part: 0, text: "hm" } },
      { case: "reasoningDelta", value: { part: 0, summary: "s", summaryIndex: 1 } },
      { case: "textDelta", value: { part: 1, text: "a" } },
      { case: "textDelta", value: { part: 2, text: "b" } },
      { case: "toolCallStart", value: { part: 3, id: "c", name: "f" } },
      { case: "toolCallDelta", value: { part: 3, input: "{}" } },
      stop,
    );
    expect(typesOf(frames).slice(2, -1)).toEqual([
      "output_item.added",
      "content_part.added",
      "reasoning_text.delta",
      "reasoning_summary_part.added",
      "reasoning_summary_text.done",
      "reasoning_summary_part.done",
      "reasoning_summary_part.added",
      "reasoning_summary_text.delta",
      "reasoning_text.done",
      "content_part.done",
      "reasoning_summary_text.done",
      "reasoning_summary_part.done",
      "output_item.done",
      "output_item.added",
      "content_part.added",
      "output_text.delta",
      "content_part.added",
      "output_text.delta",
      "output_text.done",
      "content_part.done",
      "output_text.done",
      "content_part.done",
      "output_item.done",
      "output_item.added",
      "function_call_arguments.delta",
      "function_call_arguments.done",
      "output_item.done",
    ]);
    expect(frames.at(-1)).toMatchObject({
      response: {
        output: [
          { type: "reasoning" },
          { content: [{ text: "a" }, { text: "b" }] },
          { call_id: "c" },
        ],
      },
    });
  });

  it("keeps a call open beside the next until its input is whole", () => {
    const frames = told(
      start,
      { case: "toolCallStart", value: { part: 0, id: "c0", name: "f" } },
      { case: "toolCallDelta", value: { part: 0, input: '{"a"' } },
      { case: "toolCallStart", value: { part: 1, id: "c1", name: "g" } },
      { case: "toolCallDelta", value: { part: 1, input: "{}" } },
      { case: "toolCallDelta", value: { part: 0, input: ":1}" } },
      stop,
    );
    expect(frames.at(-1)).toMatchObject({
      response: {
        output: [
          { call_id: "c0", arguments: '{"a":1}' },
          { call_id: "c1", arguments: "{}" },
        ],
      },
    });
  });

  it("that fails tells the error as clients read it, and ends the response as failed", () => {
    const begun = openAiResponsesFacade.encodeEvent(
      openAiResponsesFacade.begin(context),
      create(EventSchema, { event: start }),
    );
    const fault = { reason: ErrorReason.UPSTREAM_OVERLOADED, message: "busy" };
    const frames = jsonOf(
      framesOf(openAiResponsesFacade.encodeStreamError(begun[0], fault).join("")),
    );
    expect(frames).toMatchObject([
      {
        type: "error",
        sequence_number: 2,
        message: "busy",
        code: "overloaded",
        error: { message: "busy" },
      },
      {
        type: "response.failed",
        sequence_number: 3,
        response: { status: "failed", error: { code: "overloaded", message: "busy" } },
      },
    ]);
    const early = openAiResponsesFacade.encodeStreamError(
      openAiResponsesFacade.begin(context),
      fault,
    );
    expect(early.length).toBe(1);
  });
});
