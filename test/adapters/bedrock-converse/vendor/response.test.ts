import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { FinishReason } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import { type Part, PartSchema } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { decodeResponse } from "../../../../src/adapters/bedrock-converse/vendor/response.ts";
import { objectOf, type PartInit, text, unwrap } from "../encode-chat.ts";

function read(answer: string) {
  return unwrap(decodeResponse(objectOf(answer), Buffer.from(answer)));
}

function contentOf(blocks: string): readonly Part[] {
  return (
    read(
      `{"output":{"message":{"role":"assistant","content":[${blocks}]}},"stopReason":"end_turn"}`,
    ).choices[0]?.message?.parts ?? []
  );
}

const opaque = (json: string): PartInit => ({
  content: { case: "opaque", value: { dialect: "bedrock-converse", json } },
});

describe("blocks of an answer", () => {
  const cases: readonly (readonly [title: string, block: string, expected: PartInit])[] = [
    ["text", '{"text":"hé"}', text("hé")],
    [
      "a tool call with the very text of its input",
      '{"toolUse":{"toolUseId":"t","name":"f","input":{ "z":1.0, "a":12345678901234567890 }}}',
      {
        content: {
          case: "toolCall",
          value: {
            id: "t",
            name: "f",
            input: { case: "argumentsJson", value: '{ "z":1.0, "a":12345678901234567890 }' },
          },
        },
      },
    ],
    [
      "reasoning with its signature",
      '{"reasoningContent":{"reasoningText":{"text":"hm","signature":"sig"}}}',
      {
        content: {
          case: "reasoning",
          value: { text: "hm", signature: "sig", dialect: "bedrock-converse" },
        },
      },
    ],
    [
      "reasoning that nobody signed",
      '{"reasoningContent":{"reasoningText":{"text":"hm"}}}',
      { content: { case: "reasoning", value: { text: "hm" } } },
    ],
    [
      "encrypted reasoning",
      '{"reasoningContent":{"redactedContent":"RXU4"}}',
      { content: { case: "reasoning", value: { encrypted: "RXU4", dialect: "bedrock-converse" } } },
    ],
    [
      "text with citations of a document",
      '{"citationsContent":{"content":[{"text":"a"},{"text":"b"}],"citations":[{"title":"t","sourceContent":[{"text":"w"}],"location":{"documentPage":{"documentIndex":1,"start":2,"end":3}}}]}}',
      {
        content: {
          case: "text",
          value: {
            text: "ab",
            citations: [
              {
                citedText: "w",
                title: "t",
                source: { case: "document", value: { index: 1 } },
                location: { case: "pages", value: { start: 2, end: 3 } },
              },
            ],
          },
        },
      },
    ],
    [
      "citations of the web without text, and one of the future",
      '{"citationsContent":{"citations":[{"location":{"web":{"url":"https://a.example","domain":"a.example"}}},{"location":{"moon":{}}}]}}',
      {
        content: {
          case: "text",
          value: {
            citations: [
              { source: { case: "web", value: { url: "https://a.example" } } },
              {
                source: {
                  case: "opaque",
                  value: { dialect: "bedrock-converse", json: '{"location":{"moon":{}}}' },
                },
              },
            ],
          },
        },
      },
    ],
    [
      "a picture",
      '{"image":{"format":"png","source":{"bytes":"AQI="}}}',
      {
        content: {
          case: "image",
          value: { source: { case: "data", value: Uint8Array.of(1, 2) }, mediaType: "image/png" },
        },
      },
    ],
    [
      "a tool of the vendor's own, which nobody is to run",
      '{"toolUse":{"type":"server_tool_use","toolUseId":"t","name":"nova_grounding","input":{}}}',
      opaque(
        '{"toolUse":{"type":"server_tool_use","toolUseId":"t","name":"nova_grounding","input":{}}}',
      ),
    ],
    ["a block of the future", '{ "hologram": {"x":1.0} }', opaque('{ "hologram": {"x":1.0} }')],
  ];
  for (const [title, block, expected] of cases) {
    it(`are ${title}`, () => expect(contentOf(block)).toEqual([create(PartSchema, expected)]));
  }
});

describe("an answer", () => {
  it("tells usage with the cache counted in", () => {
    const answer =
      '{"output":{"message":{"content":[]}},"stopReason":"end_turn","usage":{"inputTokens":3,"outputTokens":401,"totalTokens":2193,"cacheReadInputTokens":0,"cacheWriteInputTokens":1789,"cacheDetails":[{"ttl":"1h","inputTokens":1789}],"serverToolUsage":{"search":2},"new":1}}';
    expect(read(answer).usage).toEqual({
      $typeName: "parlance.chat.v1.Usage",
      inputTokens: 1792n,
      outputTokens: 401n,
      totalTokens: 2193n,
      cacheReadTokens: 0n,
      cacheWriteTokens: 1789n,
      cacheWrite1hTokens: 1789n,
      toolUses: { search: 2n },
      serviceTier: "",
      extrasJson: { "bedrock-converse": '{"new":1}' },
    });
  });

  it("keeps metrics, traces and the model's own fields, and tells tier and stop text", () => {
    const answer =
      '{"output":{"message":{"content":[{"text":"a"}]}},"stopReason":"stop_sequence","metrics":{"latencyMs":5},"trace":{"guardrail":{}},"serviceTier":{"type":"flex"},"additionalModelResponseFields":{"stop_sequence":"END"}}';
    const completion = read(answer);
    expect(completion.serviceTier).toBe("flex");
    expect(completion.choices[0]).toMatchObject({
      finishReason: FinishReason.STOP_SEQUENCE,
      stopSequence: "END",
    });
    expect(completion.extrasJson["bedrock-converse"]).toBe(
      '{"metrics":{"latencyMs":5},"trace":{"guardrail":{}},"additionalModelResponseFields":{"stop_sequence":"END"}}',
    );
  });

  const reasons: readonly (readonly [word: string, reason: FinishReason])[] = [
    ["end_turn", FinishReason.STOP],
    ["tool_use", FinishReason.TOOL_CALLS],
    ["max_tokens", FinishReason.LENGTH],
    ["stop_sequence", FinishReason.STOP_SEQUENCE],
    ["guardrail_intervened", FinishReason.CONTENT_FILTER],
    ["content_filtered", FinishReason.CONTENT_FILTER],
    ["malformed_model_output", FinishReason.ERROR],
    ["malformed_tool_use", FinishReason.ERROR],
    ["model_context_window_exceeded", FinishReason.CONTEXT_WINDOW],
    ["new_word", FinishReason.OTHER],
    ["", FinishReason.UNSPECIFIED],
  ];
  for (const [word, reason] of reasons) {
    it(`that stopped by ${JSON.stringify(word)} keeps the word`, () => {
      const choice = read(
        JSON.stringify({ output: { message: { content: [{ text: "a" }] } }, stopReason: word }),
      ).choices[0];
      expect([choice?.finishReason, choice?.vendorFinishReason]).toEqual([reason, word]);
    });
  }

  for (const json of [null, [], {}, { output: {} }, { output: { message: { content: "a" } } }]) {
    it(`that is ${JSON.stringify(json)} is malformed`, () =>
      expect(decodeResponse(json).ok).toBe(false));
  }
});
