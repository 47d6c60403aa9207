import { describe, expect, it } from "vitest";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { CacheTtl, ImageDetail } from "../../../../gen/parlance/chat/v1/part_pb.js";
import {
  assistant,
  call,
  chatOf,
  marked,
  type PartInit,
  result,
  send,
  text,
  user,
} from "../encode-chat.ts";

const bytes = Buffer.from("PNG");
const data = bytes.toString("base64");

/** A result needs its call. */
const callsBefore = ({ content }: PartInit) =>
  content?.case === "toolResult" ? [user("q"), assistant(call("t", "f", "{}"))] : [];

describe("content of a request", () => {
  const parts: readonly (readonly [
    title: string,
    part: PartInit,
    block: object | undefined,
    report: readonly string[],
  ])[] = [
    [
      "a picture by bytes",
      {
        content: {
          case: "image",
          value: { source: { case: "data", value: bytes }, mediaType: "image/webp" },
        },
      },
      { type: "image", source: { type: "base64", media_type: "image/webp", data } },
      [],
    ],
    [
      "a picture by address, without a detail the vendor does not know",
      {
        content: {
          case: "image",
          value: {
            source: { case: "url", value: "https://a.example/b" },
            detail: ImageDetail.HIGH,
          },
        },
      },
      { type: "image", source: { type: "url", url: "https://a.example/b" } },
      ["messages[0].parts[0].image.detail DROPPED"],
    ],
    [
      "a picture in a data URL, as bytes",
      {
        content: {
          case: "image",
          value: { source: { case: "url", value: `data:image/gif;base64,${data}` } },
        },
      },
      { type: "image", source: { type: "base64", media_type: "image/gif", data } },
      [],
    ],
    [
      "a PDF with title, context and citations",
      {
        content: {
          case: "document",
          value: {
            source: { case: "data", value: bytes },
            mediaType: "application/pdf",
            title: "T",
            context: "C",
            citationsEnabled: true,
          },
        },
      },
      {
        type: "document",
        source: { type: "base64", media_type: "application/pdf", data },
        title: "T",
        context: "C",
        citations: { enabled: true },
      },
      [],
    ],
    [
      "a text file as text",
      {
        content: {
          case: "document",
          value: { source: { case: "data", value: bytes }, mediaType: "text/csv" },
        },
      },
      { type: "document", source: { type: "text", media_type: "text/plain", data: "PNG" } },
      [],
    ],
    [
      "a document in pieces, each with its own mark",
      {
        content: {
          case: "document",
          value: { source: { case: "content", value: { parts: [text("a"), marked("b")] } } },
        },
      },
      {
        type: "document",
        source: {
          type: "content",
          content: [
            { type: "text", text: "a" },
            { type: "text", text: "b", cache_control: { type: "ephemeral" } },
          ],
        },
      },
      [],
    ],
    [
      "signed thinking without words",
      { content: { case: "reasoning", value: { signature: "S", dialect: "anthropic-messages" } } },
      { type: "thinking", thinking: "", signature: "S" },
      [],
    ],
    [
      "encrypted thinking",
      { content: { case: "reasoning", value: { encrypted: "E", dialect: "anthropic-messages" } } },
      { type: "redacted_thinking", data: "E" },
      [],
    ],
    [
      "no thinking of another vendor",
      { content: { case: "reasoning", value: { text: "hm", signature: "S", dialect: "gemini" } } },
      undefined,
      ["messages[0].parts[0].reasoning DROPPED"],
    ],
    [
      "no unsigned thinking",
      { content: { case: "reasoning", value: { text: "hm" } } },
      undefined,
      ["messages[0].parts[0].reasoning DROPPED"],
    ],
    [
      "a refusal as text",
      { content: { case: "refusal", value: { text: "No." } } },
      { type: "text", text: "No." },
      ["messages[0].parts[0].refusal MAPPED"],
    ],
    [
      "sound as its transcript",
      {
        content: { case: "audio", value: { source: { case: "id", value: "a" }, transcript: "la" } },
      },
      { type: "text", text: "la" },
      ["messages[0].parts[0].audio MAPPED"],
    ],
    [
      "an opaque block of this dialect",
      {
        content: {
          case: "opaque",
          value: { dialect: "anthropic-messages", json: '{"type":"search_result","n":1}' },
        },
      },
      { type: "search_result", n: 1 },
      [],
    ],
    [
      "no opaque block of another dialect",
      { content: { case: "opaque", value: { dialect: "openai-chat", json: "{}" } } },
      undefined,
      ["messages[0].parts[0].opaque DROPPED"],
    ],
    [
      "a call of a free-text tool",
      {
        content: {
          case: "toolCall",
          value: { id: "t", name: "sh", input: { case: "text", value: "ls" } },
        },
      },
      { type: "tool_use", id: "t", name: "sh", input: { input: "ls" } },
      ["messages[0].parts[0].tool_call.text MAPPED"],
    ],
    [
      "arguments that are not a JSON object, wrapped in one",
      call("t", "f", '{"cut":'),
      { type: "tool_use", id: "t", name: "f", input: { _raw_arguments: '{"cut":' } },
      ["messages[0].parts[0].tool_call.arguments_json MAPPED"],
    ],
    [
      "a failed tool's mixed result without the mark that the vendor takes with text only",
      {
        content: {
          case: "toolResult",
          value: {
            toolCallId: "t",
            isError: true,
            content: [
              text("x"),
              { content: { case: "image", value: { source: { case: "fileId", value: "f" } } } },
            ],
          },
        },
      },
      {
        type: "tool_result",
        tool_use_id: "t",
        content: [
          { type: "text", text: "x" },
          { type: "image", source: { type: "file", file_id: "f" } },
        ],
      },
      ["messages[2].parts[0].tool_result.is_error DROPPED"],
    ],
  ];
  for (const [title, part, block, report] of parts) {
    it(`sends ${title}`, () => {
      const sent = send(chatOf({ messages: [...callsBefore(part), user(part, "x")] }));
      const content = block === undefined ? "x" : [block, { type: "text", text: "x" }];
      const messages = Array.isArray(sent.body.messages) ? sent.body.messages : [];
      expect(messages.at(-1)).toEqual({ role: "user", content });
      expect(sent.report).toEqual(report);
    });
  }

  it("writes the model's arguments and schemas as the very text they are", () => {
    const chat = chatOf({
      messages: [
        user("hi"),
        assistant(call("t", "f", '{ "b" : 12345678901234567890, "a":1.0 }')),
        result("t", "x"),
      ],
      tools: [
        {
          tool: {
            case: "function",
            value: { name: "f", parametersJson: '{ "type":"object", "n":1.00 }' },
          },
        },
      ],
    });
    expect(send(chat).text).toContain('"input":{ "b" : 12345678901234567890, "a":1.0 }');
    expect(send(chat).text).toContain('"input_schema":{ "type":"object", "n":1.00 }');
  });

  it("rewrites ids that the vendor refuses, the same way in a call and its result, and pairs missing ones by order", () => {
    const chat = chatOf({
      messages: [
        user("hi"),
        assistant(call("call:1|é", "f", "{}"), call("", "g", "{}")),
        result("call:1|é", "a"),
        result("", "b"),
      ],
    });
    const { body, report } = send(chat);
    expect(body.messages).toMatchObject([
      {},
      {
        content: [
          { id: expect.stringMatching(/^call_1___[0-9a-f]{16}$/) },
          { id: "toolu_unnamed_1" },
        ],
      },
      {
        content: [
          { tool_use_id: expect.stringMatching(/^call_1___[0-9a-f]{16}$/) },
          { tool_use_id: "toolu_unnamed_1" },
        ],
      },
    ]);
    expect(report).toEqual([
      "messages[1].parts[0].tool_call.id MAPPED",
      "messages[1].parts[1].tool_call.id MAPPED",
    ]);
  });

  it("tells calls of different turns apart that share an id, and gives each its own result", () => {
    const turn = (value: string) => [assistant(call("call_0", "f", "{}")), result("call_0", value)];
    const { body, report } = send(chatOf({ messages: [user("hi"), ...turn("a"), ...turn("b")] }));
    expect(body.messages).toMatchObject([
      {},
      { content: [{ id: "call_0" }] },
      { content: [{ tool_use_id: "call_0", content: "a" }] },
      { content: [{ id: "call_0_2" }] },
      { content: [{ tool_use_id: "call_0_2", content: "b" }] },
    ]);
    expect(report).toEqual(["messages[3].parts[0].tool_call.id MAPPED"]);
  });

  it("marks exactly the marked parts, tools and instructions for caching, and nothing else", () => {
    const chat = chatOf({
      messages: [
        { role: Role.SYSTEM, parts: [marked("S", CacheTtl.CACHE_TTL_1H)] },
        user(marked("0"), "1", marked("2", CacheTtl.CACHE_TTL_5M)),
        assistant("a"),
        user("b"),
        assistant(marked("3")),
        user("c"),
      ],
      tools: [
        { tool: { case: "function", value: { name: "f" } } },
        {
          tool: {
            case: "builtin",
            value: { dialect: "anthropic-messages", json: '{"type":"x","name":"x"}' },
          },
          cache: {},
        },
      ],
      cache: { ttl: CacheTtl.CACHE_TTL_1H },
    });
    const mark = { type: "ephemeral" };
    const { body, text: sent } = send(chat);
    expect(body).toMatchObject({
      system: [{ text: "S", cache_control: { type: "ephemeral", ttl: "1h" } }],
      messages: [
        {
          content: [
            { text: "0", cache_control: mark },
            { text: "1" },
            { text: "2", cache_control: { ...mark, ttl: "5m" } },
          ],
        },
        { content: "a" },
        { content: "b" },
        { content: [{ text: "3", cache_control: mark }] },
        { content: "c" },
      ],
      tools: [{ name: "f" }, { name: "x", cache_control: mark }],
      cache_control: { type: "ephemeral", ttl: "1h" },
    });
    expect(sent.match(/cache_control/g)?.length).toBe(6);
  });
});
