import type { MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import type { ChatSchema } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { CacheTtl } from "../../../../gen/parlance/chat/v1/part_pb.js";
import {
  assistant,
  CLAUDE,
  call,
  chatOf,
  marked,
  NOVA,
  type PartInit,
  result,
  send,
  system,
  text,
  user,
} from "../encode-chat.ts";

type ChatInit = MessageInitShape<typeof ChatSchema>;
type Case = readonly [
  title: string,
  model: string,
  chat: ChatInit,
  expected: object,
  report: readonly string[],
];

const point = { cachePoint: { type: "default" } };
const LLAMA = "meta.llama3-3-70b-instruct-v1:0";

function run(cases: readonly Case[]): void {
  for (const [title, model, chat, expected, report] of cases) {
    it(title, () => {
      const sent = send(chatOf(chat), model);
      expect(sent.body).toMatchObject(expected);
      expect(sent.report).toEqual(report);
    });
  }
}

describe("the path of a request", () => {
  const cases: readonly (readonly [model: string, stream: boolean, path: string])[] = [
    [
      "anthropic.claude-3-haiku-20240307-v1:0",
      false,
      "/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse",
    ],
    [
      "global.amazon.nova-2-lite-v1:0",
      true,
      "/model/global.amazon.nova-2-lite-v1%3A0/converse-stream",
    ],
    [
      "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc",
      false,
      "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aapplication-inference-profile%2Fabc/converse",
    ],
  ];
  for (const [model, stream, path] of cases) {
    it(`holds ${model}`, () => {
      const sent = send(chatOf({}), model, {}, stream);
      expect(sent.path).toBe(path);
      expect(sent.body).toEqual({ messages: [{ role: "user", content: [{ text: "hi" }] }] });
    });
  }
});

describe("the prompt of a request", () => {
  run([
    [
      "sends leading instructions as system",
      CLAUDE,
      { messages: [system("Be brief."), system("Be kind."), user("hi")] },
      {
        system: [{ text: "Be brief." }, { text: "Be kind." }],
        messages: [{ role: "user", content: [{ text: "hi" }] }],
      },
      [],
    ],
    [
      "moves a later instruction to system for a model that takes none in place",
      CLAUDE,
      { messages: [user("hi"), assistant("yo"), system("B"), user("go")] },
      { system: [{ text: "B" }] },
      ["messages[2] MAPPED"],
    ],
    [
      "moves a later instruction to system for a model that takes it there by InvokeModel alone",
      "anthropic.claude-opus-5-v1:0",
      { messages: [user("hi"), assistant("yo"), user("go"), system("B")] },
      { system: [{ text: "B" }], messages: [{}, {}, { content: [{ text: "go" }] }] },
      ["messages[3] MAPPED"],
    ],
    [
      "asks instructions alone as a user turn",
      NOVA,
      { messages: [system("Write a poem.")] },
      { messages: [{ role: "user", content: [{ text: "Write a poem." }] }] },
      ["messages MAPPED"],
    ],
    [
      "puts two results of tools into one user turn",
      CLAUDE,
      {
        messages: [
          user("hi"),
          assistant(call("t1", "f", '{"z":1,"a":2}'), call("t2", "f", "")),
          result("t1", "one"),
          result("t2", "two"),
        ],
      },
      {
        messages: [
          { role: "user" },
          {
            role: "assistant",
            content: [
              { toolUse: { toolUseId: "t1", name: "f", input: { z: 1, a: 2 } } },
              { toolUse: { toolUseId: "t2", name: "f", input: {} } },
            ],
          },
          {
            role: "user",
            content: [
              { toolResult: { toolUseId: "t1", content: [{ text: "one" }] } },
              { toolResult: { toolUseId: "t2", content: [{ text: "two" }] } },
            ],
          },
        ],
        toolConfig: { tools: [{ toolSpec: { name: "f" } }] },
      },
      ["tools EMULATED"],
    ],
    [
      "joins turns of one role, for the vendor wants them to alternate",
      CLAUDE,
      { messages: [user("a"), user("b"), assistant("c"), assistant("d")] },
      {
        messages: [
          { role: "user", content: [{ text: "a" }, { text: "b" }] },
          { role: "assistant", content: [{ text: "c" }, { text: "d" }] },
        ],
      },
      ["messages[3] MAPPED", "messages[1] MAPPED"],
    ],
    [
      "leaves out blank text and the message that is left empty by it",
      CLAUDE,
      { messages: [user("a"), assistant(" "), user("b", "")] },
      { messages: [{ role: "user", content: [{ text: "a" }, { text: "b" }] }] },
      ["messages[1] DROPPED", "messages[2] MAPPED", "messages[2].parts[1].text DROPPED"],
    ],
    [
      "adds a full stop to documents alone",
      CLAUDE,
      {
        messages: [
          user({ content: { case: "document", value: { source: { case: "text", value: "x" } } } }),
        ],
      },
      { messages: [{ content: [{ document: {} }, { text: "." }] }] },
      ["messages EMULATED"],
    ],
    [
      "rewrites ids that the vendor refuses, in calls and results alike",
      CLAUDE,
      {
        messages: [user("a"), assistant(call("call:1", "f", "[1]")), result("call:1", "x")],
        tools: [],
      },
      { messages: [{}, { content: [{ toolUse: { input: { _raw_arguments: "[1]" } } }] }, {}] },
      [
        "messages[1].parts[0].tool_call.id MAPPED",
        "messages[1].parts[0].tool_call.arguments_json MAPPED",
        "messages[2].parts[0].tool_result.tool_call_id MAPPED",
        "tools EMULATED",
      ],
    ],
    [
      "tells of another word for a role, and of citations that have no place there",
      CLAUDE,
      {
        messages: [
          { role: Role.DEVELOPER, parts: [text("be kind")] },
          user("a"),
          assistant({
            content: {
              case: "text",
              value: {
                text: "b",
                citations: [
                  {
                    title: "t",
                    citedText: "c",
                    source: {
                      case: "opaque",
                      value: { dialect: "bedrock-converse", json: '{"location":{}}' },
                    },
                    location: { case: "pages", value: { start: 1, end: 2 } },
                  },
                ],
              },
            },
          }),
          user("d"),
        ],
      },
      {
        system: [{ text: "be kind" }],
        messages: [{}, { content: [{ citationsContent: {} }] }, {}],
      },
      [
        "messages[0].role MAPPED",
        "messages[2].parts[0].text.citations[0].pages DROPPED",
        "messages[2].parts[0].text.citations[0].title DROPPED",
        "messages[2].parts[0].text.citations[0].cited_text DROPPED",
      ],
    ],
  ]);

  it("keeps the very text of arguments and schemas", () => {
    const tools = [
      {
        tool: {
          case: "function",
          value: { name: "f", parametersJson: '{ "type":"object", "z":1.0 }' },
        },
      } as const,
    ];
    const sent = send(
      chatOf({
        messages: [
          user("a"),
          assistant(call("t", "f", '{"n":1.50, "big":12345678901234567890}')),
          result("t", "x"),
        ],
        tools,
      }),
    );
    expect(sent.text).toContain('"input":{"n":1.50, "big":12345678901234567890}');
    expect(sent.text).toContain('"json":{ "type":"object", "z":1.0 }');
  });
});

describe("reasoning in a prompt", () => {
  const reasoning = (value: object): PartInit => ({ content: { case: "reasoning", value } });
  run([
    [
      "goes back with its signature, also without words",
      CLAUDE,
      {
        messages: [
          user("a"),
          assistant(reasoning({ text: "", signature: "sig", dialect: "bedrock-converse" }), "b"),
          user("c"),
        ],
      },
      {
        messages: [
          {},
          {
            content: [
              { reasoningContent: { reasoningText: { text: "", signature: "sig" } } },
              { text: "b" },
            ],
          },
          {},
        ],
      },
      [],
    ],
    [
      "goes back encrypted as it came",
      CLAUDE,
      {
        messages: [
          user("a"),
          assistant(reasoning({ encrypted: "RXU4", dialect: "bedrock-converse" }), "b"),
          user("c"),
        ],
      },
      { messages: [{}, { content: [{ reasoningContent: { redactedContent: "RXU4" } }, {}] }, {}] },
      [],
    ],
    [
      "that Claude signed elsewhere is as good here",
      CLAUDE,
      {
        messages: [
          user("a"),
          assistant(reasoning({ encrypted: "Eu8", dialect: "anthropic-messages" }), "b"),
          user("c"),
        ],
      },
      { messages: [{}, { content: [{ reasoningContent: { redactedContent: "RXU4" } }, {}] }, {}] },
      [],
    ],
    [
      "that another model made is left out",
      NOVA,
      {
        messages: [
          user("a"),
          assistant(reasoning({ text: "x", signature: "s", dialect: "anthropic-messages" }), "b"),
          user("c"),
        ],
      },
      { messages: [{}, { content: [{ text: "b" }] }, {}] },
      ["messages[1].parts[0].reasoning DROPPED"],
    ],
  ]);
});

describe("cache points", () => {
  const pdf: PartInit = {
    content: {
      case: "document",
      value: { source: { case: "data", value: Buffer.from("%PDF") }, mediaType: "application/pdf" },
    },
  };
  const csv: PartInit = {
    content: {
      case: "document",
      value: { source: { case: "text", value: "a,b" }, mediaType: "text/csv" },
    },
  };
  run([
    [
      "stand right behind what was marked, and nowhere else",
      CLAUDE,
      {
        messages: [
          system(marked("S")),
          user(marked("a"), "b", marked("c")),
          assistant(marked("d")),
          user("e"),
        ],
      },
      {
        system: [{ text: "S" }, point],
        messages: [
          { content: [{ text: "a" }, point, { text: "b" }, { text: "c" }, point] },
          { content: [{ text: "d" }, point] },
          { content: [{ text: "e" }] },
        ],
      },
      [],
    ],
    [
      "of a result's content stand behind the result",
      CLAUDE,
      {
        messages: [
          user("a"),
          assistant(marked(call("t", "f", "{}"))),
          result("t", marked("x"), marked("y")),
        ],
        tools: [],
      },
      {
        messages: [
          {},
          { content: [{ toolUse: {} }, point] },
          { content: [{ toolResult: { content: [{ text: "x" }, { text: "y" }] } }, point] },
        ],
      },
      [
        "messages[2].parts[0].tool_result.content[1].cache MAPPED",
        "messages[2].parts[0].tool_result.content[0].cache MAPPED",
        "tools EMULATED",
      ],
    ],
    [
      "never stand behind reasoning",
      CLAUDE,
      {
        messages: [
          user("a"),
          assistant(
            marked({ content: { case: "reasoning", value: { text: "t", signature: "s" } } }),
            "b",
          ),
          user("c"),
        ],
      },
      { messages: [{}, { content: [{ reasoningContent: {} }, { text: "b" }] }, {}] },
      ["messages[1].parts[0].cache DROPPED"],
    ],
    [
      "stand behind a PDF, and before other documents",
      CLAUDE,
      { messages: [user(marked(pdf), "a", marked(csv), marked(csv))] },
      {
        messages: [
          {
            content: [
              { document: { format: "pdf" } },
              point,
              { text: "a" },
              point,
              { document: { format: "csv" } },
              { document: { format: "csv" } },
            ],
          },
        ],
      },
      [
        "messages[0].parts[0].document.media_type MAPPED",
        "messages[0].parts[2].document.media_type MAPPED",
        "messages[0].parts[2].cache MAPPED",
        "messages[0].parts[3].document.media_type MAPPED",
        "messages[0].parts[3].cache DROPPED",
      ],
    ],
    [
      "last an hour where the model can",
      CLAUDE,
      { messages: [user(marked("a", CacheTtl.CACHE_TTL_1H), marked("b", CacheTtl.CACHE_TTL_5M))] },
      {
        messages: [
          {
            content: [
              {},
              { cachePoint: { type: "default", ttl: "1h" } },
              {},
              { cachePoint: { type: "default", ttl: "5m" } },
            ],
          },
        ],
      },
      [],
    ],
    [
      "last five minutes where the model cannot",
      NOVA,
      { messages: [user(marked("a", CacheTtl.CACHE_TTL_1H))] },
      { messages: [{ content: [{}, point] }] },
      ["messages[0].parts[0].cache.ttl CLAMPED"],
    ],
    [
      "are left out for a model without them",
      LLAMA,
      { messages: [user(marked("a"))] },
      { messages: [{ content: [{ text: "a" }] }] },
      ["messages[0].parts[0].cache DROPPED"],
    ],
    [
      "are put at the end where the vendor was to place them",
      CLAUDE,
      { messages: [user("a")], cache: {} },
      { messages: [{ content: [{ text: "a" }, point] }] },
      ["cache EMULATED"],
    ],
    [
      "of tools stand among the tools",
      CLAUDE,
      { tools: [{ tool: { case: "function", value: { name: "f" } }, cache: {} }] },
      { toolConfig: { tools: [{ toolSpec: { name: "f" } }, point] } },
      [],
    ],
    [
      "of tools are left out for Nova, which takes them only elsewhere",
      NOVA,
      { tools: [{ tool: { case: "function", value: { name: "f" } }, cache: {} }] },
      { toolConfig: { tools: [{ toolSpec: { name: "f" } }] } },
      ["tools[0].cache DROPPED"],
    ],
  ]);

  it("are none where nothing is marked", () => {
    const chat = chatOf({
      messages: [
        system("S"),
        user("a"),
        assistant(call("t", "f", "{}"), "b"),
        result("t", "x"),
        user(text("y")),
      ],
    });
    expect(send(chat).text).not.toContain("cachePoint");
  });
});
