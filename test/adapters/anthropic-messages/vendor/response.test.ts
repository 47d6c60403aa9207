import { describe, expect, it } from "vitest";
import { FinishReason } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { anthropicMessages as anthropicMessagesDialect } from "../../../../src/adapters/anthropic-messages/index.ts";
import { decodeUsage } from "../../../../src/adapters/anthropic-messages/usage.ts";
import { decodeResponse } from "../../../../src/adapters/anthropic-messages/vendor/response.ts";
import type { Json } from "../../../../src/json/json.ts";
import { vendorSide } from "../../sides.ts";
import { unwrap } from "../wire-frames.ts";

const anthropicMessages = vendorSide(anthropicMessagesDialect);

/** The answer to a body text. */
function decode(text: string) {
  const json: Json = JSON.parse(text);
  return unwrap(decodeResponse(json, Buffer.from(text)));
}

/** A message with this content and these members. */
function message(content: string, more = ""): string {
  return `{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[${content}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":2}${more}}`;
}

describe("content of an answer", () => {
  const blocks: readonly (readonly [title: string, block: string, kind: string, value: object])[] =
    [
      ["text", '{"type":"text","text":"hé"}', "text", { text: "hé", citations: [] }],
      [
        "signed thinking",
        '{"type":"thinking","thinking":"hm","signature":"S"}',
        "reasoning",
        { text: "hm", signature: "S", dialect: "anthropic-messages" },
      ],
      [
        "a signature without words",
        '{"type":"thinking","thinking":"","signature":"S"}',
        "reasoning",
        { text: "", signature: "S" },
      ],
      [
        "thinking of a vendor that does not sign",
        '{"type":"thinking","thinking":"hm"}',
        "reasoning",
        { text: "hm", signature: "", dialect: "" },
      ],
      [
        "encrypted thinking",
        '{"type":"redacted_thinking","data":"E"}',
        "reasoning",
        { encrypted: "E", dialect: "anthropic-messages" },
      ],
      [
        "a tool call with its very input",
        '{"type":"tool_use","id":"t","name":"f","input":{ "n" : 12345678901234567890 }}',
        "toolCall",
        {
          id: "t",
          name: "f",
          input: { case: "argumentsJson", value: '{ "n" : 12345678901234567890 }' },
        },
      ],
      [
        "a server tool as it is",
        '{"type":"server_tool_use", "id":"s","input":{"n":1.0}}',
        "opaque",
        {
          dialect: "anthropic-messages",
          json: '{"type":"server_tool_use", "id":"s","input":{"n":1.0}}',
        },
      ],
      [
        "a block of tomorrow as it is",
        '{"type":"hologram","n":1.0}',
        "opaque",
        { json: '{"type":"hologram","n":1.0}' },
      ],
    ];
  for (const [title, block, kind, value] of blocks) {
    it(`reads ${title}`, () => {
      const content = decode(message(block)).choices[0]?.message?.parts[0]?.content;
      expect(content?.case).toBe(kind);
      expect(content?.value).toMatchObject(value);
    });
  }

  const citations: readonly (readonly [json: string, expected: object])[] = [
    [
      '{"type":"char_location","cited_text":"c","document_index":1,"document_title":"T","start_char_index":2,"end_char_index":3,"file_id":"f"}',
      {
        citedText: "c",
        title: "T",
        source: { case: "document", value: { index: 1, fileId: "f" } },
        location: { case: "characters", value: { start: 2, end: 3 } },
      },
    ],
    [
      '{"type":"page_location","cited_text":"c","document_index":0,"document_title":null,"start_page_number":1,"end_page_number":2}',
      { title: "", location: { case: "pages", value: { start: 1, end: 2 } } },
    ],
    [
      '{"type":"content_block_location","cited_text":"c","document_index":0,"start_block_index":4,"end_block_index":5}',
      { location: { case: "blocks", value: { start: 4, end: 5 } } },
    ],
    [
      '{"type":"search_result_location","cited_text":"c","search_result_index":7,"source":"s","title":"T","start_block_index":0,"end_block_index":1}',
      { source: { case: "searchResult", value: { index: 7, source: "s" } } },
    ],
    [
      '{"type":"web_search_result_location","cited_text":"c","url":"u","title":"T","encrypted_index":"E"}',
      {
        source: { case: "web", value: { url: "u", encryptedIndex: "E" } },
        location: { case: undefined },
      },
    ],
    [
      '{"type":"star_location","n":1.0}',
      { source: { case: "opaque", value: { json: '{"type":"star_location","n":1.0}' } } },
    ],
  ];
  for (const [json, expected] of citations) {
    it(`reads the citation ${JSON.parse(json).type}`, () => {
      const part = decode(message(`{"type":"text","text":"x","citations":[${json}]}`)).choices[0]
        ?.message?.parts[0];
      expect(part?.content.value).toMatchObject({ citations: [expected] });
    });
  }
});

describe("the end of an answer", () => {
  const reasons: readonly (readonly [word: string, reason: FinishReason])[] = [
    ["end_turn", FinishReason.STOP],
    ["max_tokens", FinishReason.LENGTH],
    ["stop_sequence", FinishReason.STOP_SEQUENCE],
    ["tool_use", FinishReason.TOOL_CALLS],
    ["pause_turn", FinishReason.PAUSE],
    ["compaction", FinishReason.PAUSE],
    ["refusal", FinishReason.REFUSAL],
    ["model_context_window_exceeded", FinishReason.CONTEXT_WINDOW],
    ["something_new", FinishReason.OTHER],
  ];
  for (const [word, reason] of reasons) {
    it(`reads ${word} and keeps the word`, () => {
      const json = { ...JSON.parse(message("")), stop_reason: word, stop_sequence: "X" };
      expect(
        unwrap(anthropicMessages.decodeResponse(json, Buffer.from(JSON.stringify(json))))
          .choices[0],
      ).toMatchObject({
        finishReason: reason,
        vendorFinishReason: word,
        stopSequence: "X",
      });
    });
  }

  it("keeps members that only this dialect has, but for nulls", () => {
    const completion = decode(message("", ',"container":{"id":"c","n":1.0},"stop_details":null'));
    expect(completion).toMatchObject({
      id: "msg_1",
      model: "claude-x",
      extrasJson: { "anthropic-messages": '{"container":{"id":"c","n":1.0}}' },
    });
  });

  it("is a fault when it is no message", () => {
    for (const json of [null, 1, "x", [], {}, { content: "x" }]) {
      expect(
        anthropicMessages.decodeResponse(json, Buffer.from(JSON.stringify(json))),
      ).toMatchObject({
        ok: false,
        fault: { reason: ErrorReason.UPSTREAM_MALFORMED },
      });
    }
  });
});

describe("usage", () => {
  const rows: readonly (readonly [
    title: string,
    json: { readonly [key: string]: Json },
    expected: object,
  ])[] = [
    [
      "counts the prompt with what was read from and written to the cache",
      {
        input_tokens: 3,
        cache_creation_input_tokens: 12304,
        cache_read_input_tokens: 0,
        output_tokens: 550,
      },
      { inputTokens: 12307n, cacheReadTokens: 0n, cacheWriteTokens: 12304n, outputTokens: 550n },
    ],
    [
      "takes null for 0 in the cache",
      {
        input_tokens: 3,
        cache_creation_input_tokens: null,
        cache_read_input_tokens: null,
        output_tokens: 1,
      },
      { inputTokens: 3n, outputTokens: 1n, cacheReadTokens: 0n, cacheWriteTokens: 0n },
    ],
    ["does not make up what is not told", { output_tokens: 1 }, { outputTokens: 1n }],
    [
      "splits what was written by how long it is kept",
      {
        input_tokens: 1,
        cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 4 },
      },
      { inputTokens: 7n, cacheWriteTokens: 6n, cacheWrite5mTokens: 2n, cacheWrite1hTokens: 4n },
    ],
    [
      "counts thinking and server tools",
      {
        output_tokens_details: { thinking_tokens: 5 },
        server_tool_use: { web_search_requests: 2, x: null },
        service_tier: "priority",
      },
      { reasoningTokens: 5n, toolUses: { web_search_requests: 2n }, serviceTier: "priority" },
    ],
    [
      "keeps what it does not know",
      { speed: "fast", iterations: [{ n: 1 }], inference_geo: null },
      { extrasJson: { "anthropic-messages": '{"speed":"fast","iterations":[{"n":1}]}' } },
    ],
    [
      "ignores nonsense",
      {
        input_tokens: -1,
        output_tokens: "many",
        cache_read_input_tokens: "x",
        server_tool_use: [],
      },
      {},
    ],
  ];
  for (const [title, json, expected] of rows) {
    it(title, () => {
      const { $typeName: _, ...usage } = decodeUsage(json);
      expect(usage).toEqual({ toolUses: {}, serviceTier: "", extrasJson: {}, ...expected });
    });
  }
});
