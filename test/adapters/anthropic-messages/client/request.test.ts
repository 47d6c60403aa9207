import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ReasoningEffort, ReasoningMode } from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { CacheTtl, ReasoningSchema } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { anthropicMessagesFacade as anthropicMessagesFacadeOriginal } from "../../../../src/adapters/anthropic-messages/index.ts";
import { seal, sealCall } from "../../../../src/adapters/shared/sealed-reasoning.ts";
import { clientSide } from "../../sides.ts";
import { unwrap } from "../wire-frames.ts";

const anthropicMessagesFacade = clientSide(anthropicMessagesFacadeOriginal);

function decode(members: string) {
  const text = `{"model":"m","max_tokens":9,${members}}`;
  return unwrap(anthropicMessagesFacade.decodeRequest(JSON.parse(text), Buffer.from(text)));
}

const sealed = (init: MessageInitShape<typeof ReasoningSchema>): string =>
  seal(create(ReasoningSchema, init));
const said = (...blocks: object[]): string =>
  `"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":${JSON.stringify(blocks)}}]`;

const hi = '"messages":[{"role":"user","content":"hi"}]';

describe("a client's request", () => {
  const rows: readonly (readonly [title: string, members: string, expected: object])[] = [
    [
      "holds the question",
      hi,
      {
        model: "m",
        maxOutputTokens: 9,
        messages: [{ role: Role.USER, parts: [{ content: { value: { text: "hi" } } }] }],
      },
    ],
    [
      "begins with its instructions, marks in place",
      `"system":[{"type":"text","text":"A"},{"type":"text","text":"B","cache_control":{"type":"ephemeral","ttl":"1h"}}],${hi}`,
      {
        messages: [
          {
            role: Role.SYSTEM,
            parts: [
              { content: { value: { text: "A" } } },
              { cache: { ttl: CacheTtl.CACHE_TTL_1H } },
            ],
          },
          { role: Role.USER },
        ],
      },
    ],
    [
      "has the reasoning of another vendor as it was, with its words and its proof",
      said({
        type: "thinking",
        thinking: "hm",
        signature: sealed({ dialect: "gemini", signature: "S" }),
      }),
      {
        messages: [
          { role: Role.USER },
          {
            parts: [
              {
                content: {
                  case: "reasoning",
                  value: { text: "hm", signature: "S", dialect: "gemini" },
                },
              },
            ],
          },
        ],
      },
    ],
    [
      "has summaries of another vendor apart again",
      said({
        type: "thinking",
        thinking: "a\n\nb",
        signature: sealed({ encrypted: "E", summaries: ["a", "b"] }),
      }),
      {
        messages: [
          { role: Role.USER },
          { parts: [{ content: { value: { text: "", summaries: ["a", "b"], encrypted: "E" } } }] },
        ],
      },
    ],
    [
      "has the proof of a tool call in its call",
      said(
        { type: "tool_use", id: "t", name: "f", input: {} },
        { type: "redacted_thinking", data: sealCall({ toolCallId: "t", signature: "S" }) },
      ),
      {
        messages: [
          { role: Role.USER },
          { parts: [{ content: { case: "toolCall", value: { id: "t", signature: "S" } } }] },
        ],
      },
    ],
    [
      "has results of tools before the words that stand with them",
      '"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","is_error":true,"content":"x"},{"type":"text","text":"go"}]}]',
      {
        messages: [
          {
            role: Role.TOOL,
            parts: [
              {
                content: {
                  value: {
                    toolCallId: "t",
                    isError: true,
                    content: [{ content: { value: { text: "x" } } }],
                  },
                },
              },
            ],
          },
          { role: Role.USER, parts: [{ content: { value: { text: "go" } } }] },
        ],
      },
    ],
    [
      "keeps a later instruction in place",
      '"messages":[{"role":"user","content":"a"},{"role":"system","content":"b"}]',
      { messages: [{ role: Role.USER }, { role: Role.SYSTEM }] },
    ],
    [
      "keeps members of messages",
      '"messages":[{"role":"user","content":"a","clear_at":1.0}]',
      { messages: [{ extrasJson: { "anthropic-messages": '{"clear_at":1.0}' } }] },
    ],
    [
      "keeps schemas as they are and tells functions from the vendor's tools",
      `${hi},"tools":[{"name":"f","input_schema":{ "type":"object","n":1.0 },"input_examples":[{"a":1.0}]},{"type":"bash_20250124","name":"bash"}]`,
      {
        tools: [
          {
            tool: {
              case: "function",
              value: {
                name: "f",
                parametersJson: '{ "type":"object","n":1.0 }',
                extrasJson: { "anthropic-messages": '{"input_examples":[{"a":1.0}]}' },
              },
            },
          },
          { tool: { case: "builtin", value: { json: '{"type":"bash_20250124","name":"bash"}' } } },
        ],
      },
    ],
    [
      "chooses tools",
      `${hi},"tool_choice":{"type":"any","disable_parallel_tool_use":true}`,
      {
        toolChoice: { choice: { case: "mode", value: ToolChoiceMode.REQUIRED } },
        parallelToolCalls: false,
      },
    ],
    [
      "chooses one tool",
      `${hi},"tool_choice":{"type":"tool","name":"f"}`,
      { toolChoice: { choice: { case: "name", value: "f" } } },
    ],
    [
      "thinks within a budget",
      `${hi},"thinking":{"type":"enabled","budget_tokens":2048}`,
      { reasoning: { mode: ReasoningMode.ENABLED, budgetTokens: 2048 } },
    ],
    [
      "thinks with effort",
      `${hi},"thinking":{"type":"adaptive"},"output_config":{"effort":"max"}`,
      { reasoning: { mode: ReasoningMode.ADAPTIVE, effort: ReasoningEffort.MAX } },
    ],
    [
      "keeps thinking of a kind that is new",
      `${hi},"thinking":{"type":"between_tools"}`,
      { extrasJson: { "anthropic-messages": '{"thinking":{"type":"between_tools"}}' } },
    ],
    [
      "wants an answer of a form",
      `${hi},"output_config":{"format":{"type":"json_schema","schema":{"n":1.0}},"task_budget":3}`,
      {
        responseFormat: { format: { case: "jsonSchema", value: { schemaJson: '{"n":1.0}' } } },
        extrasJson: { "anthropic-messages": '{"output_config":{"task_budget":3}}' },
      },
    ],
    [
      "has knobs",
      `${hi},"temperature":0,"top_p":1,"top_k":3,"stop_sequences":["x"],"service_tier":"auto","metadata":{"user_id":"u"}`,
      {
        sampling: { temperature: 0, topP: 1, topK: 3, stop: ["x"] },
        serviceTier: "auto",
        user: "u",
      },
    ],
    [
      "keeps what the contract does not know",
      `${hi},"mcp_servers":[{"n":1.0}],"container":null`,
      { extrasJson: { "anthropic-messages": '{"mcp_servers":[{"n":1.0}]}' } },
    ],
    [
      "marks automatically",
      `${hi},"cache_control":{"type":"ephemeral"}`,
      { cache: { ttl: CacheTtl.CACHE_TTL_UNSPECIFIED } },
    ],
  ];
  for (const [title, members, expected] of rows) {
    it(title, () => {
      expect(decode(members).chat).toMatchObject(expected);
    });
  }

  it("may only warm the cache", () => {
    const text = `{"model":"m","max_tokens":0,${hi}}`;
    const { chat } = unwrap(
      anthropicMessagesFacade.decodeRequest(JSON.parse(text), Buffer.from(text)),
    );
    expect([chat.maxOutputTokens, chat.extrasJson]).toEqual([
      undefined,
      { "anthropic-messages": '{"max_tokens":0}' },
    ]);
  });

  it("says whether it wants a stream", () => {
    expect(decode(hi)).toMatchObject({ stream: false });
    expect(decode(`${hi},"stream":true`).stream).toBe(true);
  });
});

describe("a client's mistake", () => {
  const rows: readonly (readonly [body: string, fields: readonly string[]])[] = [
    ["{}", ["max_tokens", "model", "messages"]],
    [`{"model":1,"max_tokens":"9",${hi}}`, ["max_tokens", "model"]],
    ['{"model":"m","max_tokens":1,"messages":[]}', ["messages"]],
    ['{"model":"m","max_tokens":1,"messages":"x"}', ["messages"]],
    [
      '{"model":"m","max_tokens":1,"messages":[1,{"role":"bot","content":"x"},{"role":"user"},{"role":"user","content":1}]}',
      ["messages.0", "messages.1.role", "messages.2.content", "messages.3.content"],
    ],
    [
      '{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"text":"x"},{"type":"text"},{"type":"text","text":1},"x"]}]}',
      [
        "messages.0.content.0.type",
        "messages.0.content.1.text",
        "messages.0.content.2.text",
        "messages.0.content.3",
      ],
    ],
    [
      '{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","data":"x"}},{"type":"tool_result"},{"type":"tool_use","id":"a","name":"b","input":"{}"}]}]}',
      [
        "messages.0.content.0.source.media_type",
        "messages.0.content.1.tool_use_id",
        "messages.0.content.2.input",
      ],
    ],
    [
      `{"model":"m","max_tokens":1,${hi},"temperature":2,"top_k":1.5,"top_p":"1","stop_sequences":["x",1],"stream":1}`,
      ["temperature", "top_p", "top_k", "stop_sequences.1", "stream"],
    ],
    [
      `{"model":"m","max_tokens":1,${hi},"tools":[{"name":"f"},1],"tool_choice":{"type":"tool"},"thinking":{"type":"enabled"},"metadata":1}`,
      ["thinking.budget_tokens", "tool_choice.name", "tools.0.input_schema", "tools.1", "metadata"],
    ],
    [
      `{"model":"m","max_tokens":1,${hi},"cache_control":{"type":"x"},"system":1}`,
      ["cache_control.type", "system"],
    ],
  ];
  for (const [body, fields] of rows) {
    it(`is told with every field: ${fields.join(", ")}`, () => {
      const decoded = anthropicMessagesFacade.decodeRequest(JSON.parse(body), Buffer.from(body));
      if (decoded.ok) throw new Error("it was taken");
      expect(decoded.fault.reason).toBe(ErrorReason.INVALID_REQUEST);
      expect(decoded.fault.fields?.map(({ field }) => field).toSorted()).toEqual(
        [...fields].sort(),
      );
      expect(decoded.fault.message).toMatch(new RegExp(`${fields[0]}: `));
    });
  }
});
