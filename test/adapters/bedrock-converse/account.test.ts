import type { MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import type { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import {
  Modality,
  ReasoningEffort,
  ReasoningMode,
  ReasoningSummary,
  SearchContextSize,
  Verbosity,
} from "../../../gen/parlance/chat/v1/generation_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { CacheTtl, ImageDetail } from "../../../gen/parlance/chat/v1/part_pb.js";
import { ToolChoiceMode } from "../../../gen/parlance/chat/v1/tool_pb.js";
import {
  assistant,
  CLAUDE,
  call,
  chatOf,
  NOVA,
  type PartInit,
  send,
  tool,
  user,
} from "./encode-chat.ts";

type ChatInit = MessageInitShape<typeof ChatSchema>;

const said = (part: PartInit): ChatInit => ({
  messages: [user("a"), assistant(part, "b"), user("c")],
});
const asked = (part: PartInit): ChatInit => ({ messages: [user(part, "c")] });
const foreign = { dialect: "openai-chat", json: '{"SENTINEL":1}' };
const picture = (value: object): PartInit => ({
  content: {
    case: "image",
    value: { source: { case: "url", value: "s3://SENTINEL/a.png" }, ...value },
  },
});

/**
 * A field set to a sentinel either stands in the request or is told of in the report, under its own
 * path or one above it.
 */
const fields: readonly (readonly [field: string, chat: ChatInit, sentinel?: string])[] = [
  ["messages[0].name", { messages: [{ ...user("a"), name: "SENTINEL" }] }],
  ['messages[0].extras_json["x"]', { messages: [{ ...user("a"), extrasJson: { x: "{}" } }] }],
  ["messages[0].parts[0].text", asked({ content: { case: "text", value: { text: "SENTINEL" } } })],
  [
    "messages[0].parts[0].cache.ttl",
    asked({
      content: { case: "text", value: { text: "a" } },
      cache: { ttl: CacheTtl.CACHE_TTL_1H },
    }),
    '"ttl":"1h"',
  ],
  ["messages[0].parts[0].image", asked(picture({}))],
  ["messages[0].parts[0].image.detail", asked(picture({ detail: ImageDetail.LOW })), "detail"],
  [
    "messages[0].parts[0].audio.answer_id",
    asked({
      content: {
        case: "audio",
        value: { source: { case: "data", value: Buffer.from("a") }, answerId: "SENTINEL" },
      },
    }),
  ],
  [
    "messages[0].parts[0].audio.expires_at_unix_s",
    asked({
      content: {
        case: "audio",
        value: { source: { case: "data", value: Buffer.from("a") }, expiresAtUnixS: 7n },
      },
    }),
  ],
  [
    "messages[0].parts[0].audio.transcript",
    asked({
      content: {
        case: "audio",
        value: { source: { case: "data", value: Buffer.from("a") }, transcript: "SENTINEL" },
      },
    }),
  ],
  [
    "messages[0].parts[0].document.title",
    asked({
      content: {
        case: "document",
        value: { source: { case: "text", value: "x" }, title: "SENTINEL.pdf" },
      },
    }),
  ],
  [
    "messages[0].parts[0].document.context",
    asked({
      content: {
        case: "document",
        value: { source: { case: "text", value: "x" }, context: "SENTINEL" },
      },
    }),
  ],
  [
    "messages[0].parts[0].document.citations_enabled",
    asked({
      content: {
        case: "document",
        value: { source: { case: "text", value: "x" }, citationsEnabled: false },
      },
    }),
    '"enabled":false',
  ],
  ["messages[0].parts[0].opaque", asked({ content: { case: "opaque", value: foreign } })],
  [
    "messages[1].parts[0].tool_call.signature",
    said({
      content: {
        case: "toolCall",
        value: {
          id: "t",
          name: "f",
          signature: "SENTINEL",
          input: { case: "argumentsJson", value: "{}" },
        },
      },
    }),
  ],
  [
    "messages[1].parts[0].tool_call.text",
    said({
      content: {
        case: "toolCall",
        value: { id: "t", name: "f", input: { case: "text", value: "SENTINEL" } },
      },
    }),
  ],
  [
    "messages[0].parts[0].tool_result.name",
    {
      messages: [
        {
          role: Role.TOOL,
          parts: [
            { content: { case: "toolResult", value: { toolCallId: "t", name: "SENTINEL" } } },
          ],
        },
      ],
    },
  ],
  [
    "messages[0].parts[0].tool_result.is_error",
    {
      messages: [
        {
          role: Role.TOOL,
          parts: [{ content: { case: "toolResult", value: { toolCallId: "t", isError: true } } }],
        },
      ],
    },
    '"status":"error"',
  ],
  [
    "messages[1].parts[0].reasoning",
    said({ content: { case: "reasoning", value: { text: "SENTINEL" } } }),
  ],
  [
    "messages[1].parts[0].reasoning.id",
    said({ content: { case: "reasoning", value: { signature: "s", id: "SENTINEL" } } }),
  ],
  [
    "messages[1].parts[0].reasoning.summaries",
    said({ content: { case: "reasoning", value: { signature: "s", summaries: ["SENTINEL"] } } }),
  ],
  [
    "messages[1].parts[0].reasoning.text",
    said({ content: { case: "reasoning", value: { encrypted: "s", text: "SENTINEL" } } }),
  ],
  [
    "messages[1].parts[0].refusal",
    said({ content: { case: "refusal", value: { text: "SENTINEL" } } }),
  ],
  [
    "messages[1].parts[0].text.citations[0].web.encrypted_index",
    said({
      content: {
        case: "text",
        value: {
          text: "a",
          citations: [{ source: { case: "web", value: { url: "u", encryptedIndex: "SENTINEL" } } }],
        },
      },
    }),
  ],
  [
    "messages[1].parts[0].text.citations[0].answer",
    said({
      content: {
        case: "text",
        value: {
          text: "a",
          citations: [
            { source: { case: "web", value: { url: "u" } }, answer: { start: 1, end: 2 } },
          ],
        },
      },
    }),
  ],
  [
    "tools[0].function.strict",
    { tools: [{ tool: { case: "function", value: { name: "f", strict: true } } }] },
    '"strict":true',
  ],
  [
    'tools[0].function.extras_json["x"]',
    { tools: [{ tool: { case: "function", value: { name: "f", extrasJson: { x: "{}" } } } }] },
  ],
  ["tools[0].custom", { tools: [{ tool: { case: "custom", value: { name: "f" } } }] }],
  [
    "tools[0].custom.format_json",
    { tools: [{ tool: { case: "custom", value: { name: "f", formatJson: "{}" } } }] },
  ],
  ["tools[0].builtin", { tools: [{ tool: { case: "builtin", value: foreign } }] }],
  ["tools[0].cache", { tools: [{ ...tool("f"), cache: {} }] }, "cachePoint"],
  [
    "tool_choice",
    {
      tools: [tool("f")],
      toolChoice: { choice: { case: "mode", value: ToolChoiceMode.REQUIRED } },
    },
    '"any"',
  ],
  ["tool_choice", { toolChoice: { choice: { case: "name", value: "SENTINEL" } } }],
  [
    "tool_choice.opaque",
    { tools: [tool("f")], toolChoice: { choice: { case: "opaque", value: foreign } } },
  ],
  ["parallel_tool_calls", { parallelToolCalls: true }],
  ["response_format.opaque", { responseFormat: { format: { case: "opaque", value: foreign } } }],
  ["reasoning.mode", { reasoning: { mode: ReasoningMode.DISABLED } }, '"disabled"'],
  [
    "reasoning.effort",
    { reasoning: { mode: ReasoningMode.ENABLED, effort: ReasoningEffort.LOW, budgetTokens: 2000 } },
    "low",
  ],
  ["reasoning.summary", { reasoning: { summary: ReasoningSummary.AUTO } }, "display"],
  ["modalities", { modalities: [Modality.AUDIO] }],
  ["audio_output", { audioOutput: { voice: "SENTINEL" } }],
  ["prediction", { prediction: {} }],
  ["verbosity", { verbosity: Verbosity.LOW }],
  ["web_search", { webSearch: {} }, "nova_grounding"],
  [
    "web_search",
    { webSearch: { searchContextSize: SearchContextSize.LOW, userLocation: { city: "SENTINEL" } } },
  ],
  ["service_tier", { serviceTier: "SENTINEL" }],
  ["store", { store: false }],
  ["user", { user: "SENTINEL" }],
  ["safety_identifier", { safetyIdentifier: "SENTINEL" }],
  ["prompt_cache_key", { promptCacheKey: "SENTINEL" }],
  ["metadata", { metadata: { a: "SENTINEL" } }],
  ["cache", { cache: {} }, "cachePoint"],
];

describe("the account of a request", () => {
  for (const model of [
    CLAUDE,
    NOVA,
    "meta.llama3-3-70b-instruct-v1:0",
    "openai.gpt-oss-120b-1:0",
  ]) {
    for (const [field, chat, sentinel] of fields) {
      it(`${model}: ${field} is sent or told of`, () => {
        const sent = send(chatOf(chat), model);
        const told = sent.report.some((line) =>
          field.startsWith(line.slice(0, line.lastIndexOf(" "))),
        );
        expect(told || sent.text.includes(sentinel ?? "SENTINEL")).toBe(true);
      });
    }
  }

  it("tells nothing where all is sent as it is", () => {
    const chat = chatOf({
      messages: [user("a"), assistant(call("t", "f", "{}"))],
      tools: [tool("f")],
      maxOutputTokens: 5,
      sampling: { temperature: 0 },
    });
    expect(send(chat).report).toEqual([]);
  });
});
