import { describe, expect, it } from "vitest";
import { FinishReason } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { decodeResponse } from "../../../../src/adapters/openai-responses/vendor/response.ts";
import type { Frame } from "../../../../src/core/dialect.ts";
import { decodeFrames, foldFrames, frame, unwrap } from "../wire-frames.ts";

function event(type: string, more: object): Frame {
  return frame(type, { type, sequence_number: 0, ...more });
}

const created = event("response.created", {
  response: {
    id: "resp_1",
    model: "gpt-x",
    created_at: 5,
    service_tier: "auto",
    status: "in_progress",
    output: [],
  },
});

function end(more: object = {}, type = "response.completed"): Frame {
  const status = type.replace("response.", "");
  const usage = {
    input_tokens: 10,
    input_tokens_details: { cached_tokens: 4, cache_write_tokens: 2 },
    output_tokens: 3,
    output_tokens_details: { reasoning_tokens: 1 },
    total_tokens: 13,
  };
  return event(type, {
    response: {
      id: "resp_1",
      model: "gpt-x",
      status,
      service_tier: "default",
      output: [],
      usage,
      ...more,
    },
  });
}

function added(output_index: number, item: object): Frame {
  return event("response.output_item.added", { output_index, item });
}

function done(output_index: number, item: object): Frame {
  return event("response.output_item.done", { output_index, item });
}

function at(type: string, output_index: number, more: object): Frame {
  return event(`response.${type}`, { output_index, item_id: "x", ...more });
}

const message = {
  type: "message",
  id: "msg_1",
  role: "assistant",
  status: "in_progress",
  content: [],
};

/** Kinds and values of the parts that frames fold to. */
function partsOf(frames: readonly Frame[]): readonly unknown[] {
  const parts = foldFrames(frames).choices[0]?.message?.parts ?? [];
  return parts.map(({ content }) => {
    switch (content.case) {
      case "text":
        return content.value.text;
      case "refusal":
        return { refusal: content.value.text };
      case "toolCall":
        return { [content.value.name]: content.value.input.value, id: content.value.id };
      case "reasoning": {
        const { text, summaries, encrypted, id } = content.value;
        return { text, summaries, encrypted, id };
      }
      case "opaque":
        return content.value.json;
      default:
        return content.case;
    }
  });
}

describe("a stream", () => {
  const rows: readonly (readonly [
    title: string,
    frames: readonly Frame[],
    expected: readonly unknown[],
  ])[] = [
    [
      "of text in deltas is told once, whatever the events at its end repeat",
      [
        added(0, message),
        at("content_part.added", 0, {
          content_index: 0,
          part: { type: "output_text", text: "", annotations: [] },
        }),
        at("output_text.delta", 0, { content_index: 0, delta: "hé" }),
        at("output_text.delta", 0, { content_index: 0, delta: "llo 😀" }),
        at("output_text.done", 0, { content_index: 0, text: "héllo 😀" }),
        at("content_part.done", 0, {
          content_index: 0,
          part: { type: "output_text", text: "héllo 😀" },
        }),
        done(0, { ...message, content: [{ type: "output_text", text: "héllo 😀" }] }),
        end({ output: [{ ...message, content: [{ type: "output_text", text: "héllo 😀" }] }] }),
      ],
      ["héllo 😀"],
    ],
    [
      "that tells text only at its end is not lost",
      [
        added(0, message),
        at("output_text.done", 0, { content_index: 0, text: "a" }),
        done(0, message),
        end(),
      ],
      ["a"],
    ],
    [
      "whose contents are numbered otherwise than they stand is told once",
      [
        added(1, message),
        at("output_text.delta", 1, { content_index: 1, delta: "a" }),
        done(1, { ...message, content: [{ type: "output_text", text: "a" }] }),
        end(),
      ],
      ["a"],
    ],
    [
      "that holds items only in its last event is not lost",
      [
        end({
          output: [
            { ...message, content: [{ type: "output_text", text: "a" }] },
            { type: "program", id: "p" },
          ],
        }),
      ],
      ["a", '{"type":"program","id":"p"}'],
    ],
    [
      "without the beginning of its items is understood",
      [
        at("output_text.delta", 0, { content_index: 0, delta: "a" }),
        at("function_call_arguments.delta", 1, { delta: "{}" }),
        end(),
      ],
      ["a", { "": "{}", id: "" }],
    ],
    [
      "of parallel calls keeps them apart",
      [
        added(0, {
          type: "function_call",
          id: "fc_1",
          call_id: "c1",
          name: "f",
          arguments: '{"a":1}',
        }),
        added(1, { type: "custom_tool_call", id: "ctc_1", call_id: "c2", name: "sh", input: "" }),
        at("function_call_arguments.delta", 0, { delta: '{"a"' }),
        at("custom_tool_call_input.delta", 1, { delta: "ls" }),
        at("function_call_arguments.delta", 0, { delta: ":1}" }),
        at("function_call_arguments.done", 0, { arguments: '{"a":1}' }),
        done(0, {
          type: "function_call",
          id: "fc_1",
          call_id: "c1",
          name: "f",
          arguments: '{"a":1}',
        }),
        done(1, { type: "custom_tool_call", id: "ctc_1", call_id: "c2", name: "sh", input: "ls" }),
        end(),
      ],
      [
        { f: '{"a":1}', id: "c1" },
        { sh: "ls", id: "c2" },
      ],
    ],
    [
      "of reasoning takes the proof that the item ends with",
      [
        added(0, { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "early" }),
        at("reasoning_summary_part.added", 0, {
          summary_index: 0,
          part: { type: "summary_text", text: "" },
        }),
        at("reasoning_summary_text.delta", 0, { summary_index: 0, delta: "one" }),
        at("reasoning_summary_text.done", 0, { summary_index: 0, text: "one" }),
        done(0, {
          type: "reasoning",
          id: "rs_1",
          summary: [
            { type: "summary_text", text: "one" },
            { type: "summary_text", text: "two" },
          ],
          encrypted_content: "late",
        }),
        end(),
      ],
      [{ text: "", summaries: ["one", "two"], encrypted: "late", id: "rs_1" }],
    ],
    [
      "of an open model's own thought, which ends after the text began",
      [
        added(0, { type: "reasoning", id: "rs_1", summary: [] }),
        at("content_part.added", 0, {
          content_index: 0,
          part: { type: "reasoning_text", text: "" },
        }),
        at("reasoning_text.delta", 0, { content_index: 0, delta: "hm" }),
        added(1, message),
        at("output_text.delta", 1, { content_index: 0, delta: "4" }),
        done(1, { ...message, content: [{ type: "output_text", text: "4" }] }),
        at("reasoning_text.done", 0, { content_index: 0, text: "hm" }),
        done(0, {
          type: "reasoning",
          id: "rs_1",
          summary: [],
          content: [{ type: "reasoning_text", text: "hm" }],
        }),
        end(),
      ],
      [{ text: "hm", summaries: [], encrypted: "", id: "rs_1" }, "4"],
    ],
    [
      "of a tool that the vendor runs keeps the item in its place, byte for byte",
      [
        added(0, { type: "web_search_call", id: "ws", status: "in_progress" }),
        at("web_search_call.searching", 0, {}),
        added(1, message),
        at("refusal.delta", 1, { content_index: 0, delta: "no" }),
        {
          event: "",
          data: Buffer.from(
            '{"type":"response.output_item.done","output_index":0,"item":{ "type":"web_search_call","n":1.0 }}',
          ),
        },
        done(1, { ...message, content: [{ type: "refusal", refusal: "no" }] }),
        end(),
      ],
      ['{ "type":"web_search_call","n":1.0 }', { refusal: "no" }],
    ],
  ];
  for (const [title, frames, expected] of rows) {
    it(title, () => {
      expect(partsOf([created, ...frames])).toEqual(expected);
      expect(partsOf(frames)).toEqual(expected);
      expect(
        partsOf([
          ...frames.map(({ data }) => ({ event: "", data })),
          { event: "", data: Buffer.from("[DONE]") },
        ]),
      ).toEqual(expected);
    });
  }

  it("tells who answered, what it took and why it ended", () => {
    const call = { type: "function_call", call_id: "c", name: "f", arguments: "{}" };
    const answer = foldFrames([
      created,
      added(0, call),
      done(0, call),
      end({ billing: { payer: "x" } }),
    ]);
    expect(answer).toMatchObject({
      id: "resp_1",
      model: "gpt-x",
      createdUnixS: 5n,
      serviceTier: "auto",
      usage: {
        inputTokens: 10n,
        cacheReadTokens: 4n,
        cacheWriteTokens: 2n,
        outputTokens: 3n,
        reasoningTokens: 1n,
        totalTokens: 13n,
        serviceTier: "default",
      },
      extrasJson: { "openai-responses": '{"billing":{"payer":"x"}}' },
      choices: [{ finishReason: FinishReason.TOOL_CALLS, vendorFinishReason: "completed" }],
    });
  });

  const endings: readonly (readonly [
    details: object | null,
    reason: FinishReason,
    word: string,
  ])[] = [
    [{ reason: "max_output_tokens" }, FinishReason.LENGTH, "max_output_tokens"],
    [{ reason: "content_filter" }, FinishReason.CONTENT_FILTER, "content_filter"],
    [{ reason: "steered" }, FinishReason.PAUSE, "steered"],
    [null, FinishReason.PAUSE, "incomplete"],
  ];
  for (const [incomplete_details, reason, word] of endings) {
    it(`that is incomplete because of ${word} says so`, () => {
      const answer = foldFrames([created, end({ incomplete_details }, "response.incomplete")]);
      expect(answer.choices[0]).toMatchObject({ finishReason: reason, vendorFinishReason: word });
    });
  }

  it("tells annotations once, those that come late as well, and likelihoods", () => {
    const url = {
      type: "url_citation",
      url: "https://a.example",
      title: "T",
      start_index: 0,
      end_index: 1,
    };
    const file = { type: "file_citation", file_id: "f", filename: "a.txt", index: 1 };
    const other = { type: "container_file_citation", container_id: "c", file_id: "f" };
    const tokens = [{ token: "a", logprob: -0.5, bytes: [97], top_logprobs: [] }];
    const text = {
      type: "output_text",
      text: "a",
      annotations: [url, file, other],
      logprobs: tokens,
    };
    const [choice] = foldFrames([
      added(0, message),
      at("output_text.delta", 0, { content_index: 0, delta: "a", logprobs: tokens }),
      at("output_text.annotation.added", 0, {
        content_index: 0,
        annotation_index: 0,
        annotation: url,
      }),
      at("output_text.done", 0, { content_index: 0, text: "a", logprobs: tokens }),
      done(0, { ...message, content: [text] }),
      end(),
    ]).choices;
    expect(choice?.logprobs?.content).toMatchObject([{ token: "a", logprob: -0.5 }]);
    const [part] = choice?.message?.parts ?? [];
    expect(part?.content.case === "text" ? part.content.value.citations : []).toMatchObject([
      {
        title: "T",
        source: { case: "web", value: { url: "https://a.example" } },
        answer: { start: 0, end: 1 },
      },
      {
        title: "a.txt",
        source: { case: "document", value: { fileId: "f" } },
        answer: { start: 1, end: 1 },
      },
      { source: { case: "opaque", value: { json: JSON.stringify(other) } } },
    ]);
  });
});

describe("a stream that fails", () => {
  const error = { code: "rate_limit_exceeded", message: "slow down" };
  const rows: readonly (readonly [title: string, frames: readonly Frame[], reason: ErrorReason])[] =
    [
      ["before its end is cut", [created, added(0, message)], ErrorReason.UPSTREAM_CUT],
      ["without a frame is cut", [], ErrorReason.UPSTREAM_CUT],
      [
        "with [DONE] alone is cut",
        [created, { event: "", data: Buffer.from("[DONE]") }],
        ErrorReason.UPSTREAM_CUT,
      ],
      [
        "with response.failed",
        [created, end({ error }, "response.failed")],
        ErrorReason.UPSTREAM_RATE_LIMITED,
      ],
      ["with a flat error event", [event("error", error)], ErrorReason.UPSTREAM_RATE_LIMITED],
      [
        "with an error event as it is really sent",
        [event("error", { error: { type: "insufficient_quota", message: "m" } })],
        ErrorReason.UPSTREAM_BILLING,
      ],
      [
        "with an error object alone",
        [frame("", { error: { message: "m", code: "server_is_overloaded" } })],
        ErrorReason.UPSTREAM_OVERLOADED,
      ],
      [
        "with what is no JSON",
        [{ event: "", data: Buffer.from("<html>") }],
        ErrorReason.UPSTREAM_MALFORMED,
      ],
      ["with an empty failure", [event("response.failed", {})], ErrorReason.UPSTREAM_INTERNAL],
    ];
  for (const [title, frames, reason] of rows) {
    it(`${title} is a fault`, () => {
      const decoded = decodeFrames(frames);
      expect(decoded.ok ? undefined : decoded.fault.reason).toBe(reason);
    });
  }
});

describe("a whole response", () => {
  const body = Buffer.from(
    '{"id":"resp_1","status":"completed","model":"m","created_at":5.9,"output":[{"type":"reasoning","id":"rs","summary":[]},' +
      '{"type":"mcp_call","n":1.0},{"type":"message","content":[{"type":"output_text","text":"a"}]}],"usage":{"input_tokens":1,"output_tokens":2,"cost":0.10}}',
  );

  it("keeps items, in order, and the exact text of those the contract has no part for", () => {
    const answer = unwrap(decodeResponse(JSON.parse(body.toString()), body));
    expect(answer.choices[0]?.message?.parts.map(({ content }) => content.case)).toEqual([
      "reasoning",
      "opaque",
      "text",
    ]);
    expect(JSON.stringify(answer.choices[0]?.message?.parts[1])).toContain(
      '{\\"type\\":\\"mcp_call\\",\\"n\\":1.0}',
    );
    expect(answer.usage?.extrasJson).toEqual({ "openai-responses": '{"cost":0.10}' });
    expect(answer.createdUnixS).toBe(5n);
    expect(answer.choices[0]?.finishReason).toBe(FinishReason.STOP);
  });

  const faults: readonly (readonly [title: string, json: never, reason: ErrorReason])[] = [
    [
      "that failed",
      { status: "failed", output: [], error: { code: "server_error", message: "m" } } as never,
      ErrorReason.UPSTREAM_INTERNAL,
    ],
    [
      "that is an error",
      { error: { message: "m", code: "context_length_exceeded" } } as never,
      ErrorReason.UPSTREAM_CONTEXT_LENGTH,
    ],
    ["without output", { id: "x" } as never, ErrorReason.UPSTREAM_MALFORMED],
    ["that is a list", [] as never, ErrorReason.UPSTREAM_MALFORMED],
  ];
  for (const [title, json, reason] of faults) {
    it(`${title} is a fault`, () => {
      const decoded = decodeResponse(json);
      expect(decoded.ok ? undefined : decoded.fault.reason).toBe(reason);
    });
  }

  it("of a call in the background that still runs has no reason to have ended", () => {
    const answer = unwrap(decodeResponse({ id: "r", status: "queued", output: [] }));
    expect(answer.choices[0]).toMatchObject({
      finishReason: FinishReason.UNSPECIFIED,
      vendorFinishReason: "queued",
    });
  });
});
