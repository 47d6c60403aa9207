import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ChatSchema } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import {
  Modality,
  ReasoningEffort,
  ReasoningMode,
  ReasoningSummary,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { PartSchema } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import {
  cohere as cohereDialect,
  cohereFacade as cohereFacadeOriginal,
} from "../../../../src/adapters/cohere/index.ts";
import { clientSide, vendorSide } from "../../sides.ts";
import { objectOf, unwrap } from "../wire-frames.ts";

const cohere = vendorSide(cohereDialect);
const cohereFacade = clientSide(cohereFacadeOriginal);

type ChatInit = MessageInitShape<typeof ChatSchema>;
type PartInit = MessageInitShape<typeof PartSchema>;

const text = (value: string): PartInit => ({ content: { case: "text", value: { text: value } } });
const user = (...parts: PartInit[]) => ({ role: Role.USER, parts });
const hi = [user(text("hi"))];

function encode(chat: ChatInit, quirks = {}) {
  const message = create(ChatSchema, { model: "m", messages: hi, ...chat });
  return cohere.encodeRequest(message, { model: "command-a", stream: true, quirks });
}

function sent(chat: ChatInit, quirks = {}) {
  const { request, report } = unwrap(encode(chat, quirks));
  const { model, stream, ...body } = objectOf(request.body);
  expect([request.path, model, stream]).toEqual(["/v2/chat", "command-a", true]);
  return { body, report: report.map(({ field }) => field).sort() };
}

const tool = (name: string, strict?: boolean) => ({
  tool: {
    case: "function",
    value: { name, parametersJson: "{}", ...(strict === undefined ? {} : { strict }) },
  } as const,
});
const wire = (name: string) => ({ type: "function", function: { name, parameters: {} } });
const document = (members: object): PartInit => ({
  content: { case: "document", value: { source: { case: "text", value: "words" }, ...members } },
});

const cited: PartInit = {
  content: {
    case: "text",
    value: {
      text: "blue",
      citations: [{ source: { case: "web", value: { url: "https://a.example" } } }],
    },
  },
};
const picture: PartInit = {
  content: { case: "image", value: { source: { case: "url", value: "https://a.example/i" } } },
};
const extras = { extrasJson: { cohere: '{"x":1}' } };
const plan: PartInit = {
  content: {
    case: "reasoning",
    value: {
      id: "tool_plan",
      dialect: "cohere",
      text: "p",
      summaries: ["s"],
      signature: "g",
      encrypted: "e",
    },
  },
};

describe("a chat", () => {
  const said = [{ role: "user", content: "hi" }];
  const cases: readonly (readonly [
    title: string,
    chat: ChatInit,
    body: object,
    report: readonly string[],
  ])[] = [
    [
      "sends knobs in the vendor's words",
      {
        sampling: { temperature: 0, topP: 0.5, topK: 3, seed: 7n, stop: ["x"] },
        maxOutputTokens: 5,
      },
      {
        messages: said,
        temperature: 0,
        p: 0.5,
        k: 3,
        seed: 7,
        stop_sequences: ["x"],
        max_tokens: 5,
      },
      [],
    ],
    [
      "clamps what is out of bounds, and says so",
      {
        sampling: { topP: 1, topK: -1, frequencyPenalty: -2, stop: ["1", "2", "3", "4", "5", "6"] },
      },
      {
        messages: said,
        p: 0.99,
        k: 0,
        frequency_penalty: 0,
        stop_sequences: ["1", "2", "3", "4", "5"],
      },
      ["sampling.top_p", "sampling.top_k", "sampling.frequency_penalty", "sampling.stop[5]"],
    ],
    [
      "reports what the vendor has nothing for",
      { user: "u", store: true, sampling: { minP: 0.1, topLogprobs: 2 }, parallelToolCalls: false },
      { messages: said },
      ["parallel_tool_calls", "sampling.min_p", "sampling.top_logprobs", "store", "user"],
    ],
    [
      "thinks within a budget",
      { reasoning: { mode: ReasoningMode.ENABLED, budgetTokens: 100 } },
      { messages: said, thinking: { type: "enabled", token_budget: 100 } },
      [],
    ],
    [
      "emulates an effort",
      { reasoning: { effort: ReasoningEffort.LOW } },
      { messages: said, thinking: { type: "enabled", token_budget: 1024 } },
      ["reasoning.effort"],
    ],
    [
      "thinks as much as it wants at the highest effort",
      { reasoning: { effort: ReasoningEffort.MAX } },
      { messages: said, thinking: { type: "enabled" } },
      ["reasoning.effort"],
    ],
    [
      "does not think without an effort",
      { reasoning: { effort: ReasoningEffort.NONE } },
      { messages: said, thinking: { type: "disabled" } },
      ["reasoning.effort"],
    ],
    [
      "sends one tool and demands it",
      { tools: [tool("f"), tool("g")], toolChoice: { choice: { case: "name", value: "g" } } },
      { messages: said, tools: [wire("g")], tool_choice: "REQUIRED" },
      ["tool_choice.name"],
    ],
    [
      "leaves AUTO to the vendor",
      { tools: [tool("f")], toolChoice: { choice: { case: "mode", value: ToolChoiceMode.AUTO } } },
      { messages: said, tools: [wire("f")] },
      ["tool_choice.mode"],
    ],
    [
      "leaves out a choice among no tools",
      { toolChoice: { choice: { case: "mode", value: ToolChoiceMode.AUTO } } },
      { messages: said },
      ["tool_choice"],
    ],
    [
      "is strict with all tools",
      { tools: [tool("f", true), tool("g", true)] },
      { messages: said, tools: [wire("f"), wire("g")], strict_tools: true },
      ["tools[0].function.strict", "tools[1].function.strict"],
    ],
    [
      "is strict with all tools or with none",
      { tools: [tool("f", true), tool("g")] },
      { messages: said, tools: [wire("f"), wire("g")] },
      ["tools[0].function.strict"],
    ],
    [
      "adds extras that no field says",
      { extrasJson: { cohere: '{"safety_mode":"OFF","model":"x"}' } },
      { messages: said, safety_mode: "OFF" },
      ['extras_json["cohere"].model'],
    ],
    [
      "puts documents beside the conversation",
      { messages: [user(document({ title: "T", citationsEnabled: false }), text("hi"))] },
      {
        messages: said,
        documents: [{ id: "doc:0", data: { title: "T", text: "words" } }],
        citation_options: { mode: "OFF" },
      },
      ["messages[0].parts[0].document", "messages[0].parts[0].document.citations_enabled"],
    ],
    [
      "cites all documents where not all are to go without",
      { messages: [user(document({ citationsEnabled: false }), document({}), text("hi"))] },
      {
        messages: said,
        documents: [
          { id: "doc:0", data: { text: "words" } },
          { id: "doc:1", data: { text: "words" } },
        ],
      },
      [
        "messages[0].parts[0].document",
        "messages[0].parts[0].document.citations_enabled",
        "messages[0].parts[1].document",
      ],
    ],
    [
      "tells of what goes with a message that brings documents alone",
      {
        messages: [
          {
            ...user(document({ source: { case: "content", value: { parts: [cited, picture] } } })),
            ...extras,
          },
          ...hi,
        ],
      },
      { messages: said, documents: [{ id: "doc:0", data: { text: "blue" } }] },
      [
        "messages[0].parts[0].document",
        "messages[0].parts[0].document.content.parts[0].text.citations[0]",
        "messages[0].parts[0].document.content.parts[1]",
        'messages[0].extras_json["cohere"]',
      ],
    ],
    [
      "tells of what it cannot say of a plan of tools",
      {
        messages: [
          ...hi,
          {
            role: Role.ASSISTANT,
            parts: [plan, { content: { case: "text", value: { text: "x" } } }],
          },
          ...hi,
        ],
      },
      { messages: [...said, { role: "assistant", content: "x", tool_plan: "p" }, ...said] },
      [
        "messages[1].parts[0].reasoning.signature",
        "messages[1].parts[0].reasoning.encrypted",
        "messages[1].parts[0].reasoning.summaries",
      ],
    ],
    [
      "tells that a default is not sent",
      {
        n: 1,
        modalities: [Modality.TEXT],
        parallelToolCalls: true,
        reasoning: { summary: ReasoningSummary.AUTO },
      },
      { messages: said },
      ["n", "modalities", "parallel_tool_calls", "reasoning.summary"],
    ],
  ];
  for (const [title, chat, body, report] of cases)
    it(title, () => expect(sent(chat)).toEqual({ body, report: [...report].sort() }));

  it("keeps the text of schemas", () => {
    const schemaJson = '{"b":1.0,"a":{}}';
    const chat = create(ChatSchema, {
      messages: hi,
      responseFormat: { format: { case: "jsonSchema", value: { schemaJson, name: "n" } } },
    });
    const { request, report } = unwrap(
      cohere.encodeRequest(chat, { model: "m", stream: false, quirks: {} }),
    );
    expect(String(request.body)).toContain(
      `"response_format":{"type":"json_object","json_schema":${schemaJson}}`,
    );
    expect(report.map(({ field }) => field)).toEqual(["response_format.json_schema.name"]);
  });

  it("asks for a form in words beside tools and documents, where the vendor takes none", () => {
    const schemaJson = '{"b":1.0,"a":{}}';
    const format = { case: "jsonSchema", value: { schemaJson } } as const;
    const beside = [{ tools: [tool("f")] }, { messages: [user(document({}), text("hi"))] }];
    for (const init of beside) {
      const { body, report } = sent({ ...init, responseFormat: { format } });
      expect(body.response_format).toBeUndefined();
      expect(JSON.stringify(body.messages)).toContain(JSON.stringify(schemaJson).slice(1, -1));
      expect(report).toContain("response_format.json_schema.schema_json");
    }
  });

  it("sends results of tools as messages, documents in them as documents, pictures after them", () => {
    const image: PartInit = {
      content: { case: "image", value: { source: { case: "url", value: "https://a.example/i" } } },
    };
    const call: PartInit = {
      content: {
        case: "toolCall",
        value: { id: "t", name: "f", input: { case: "argumentsJson", value: "" } },
      },
    };
    const plan: PartInit = {
      content: { case: "reasoning", value: { text: "p", id: "tool_plan", dialect: "cohere" } },
    };
    const result: PartInit = {
      content: {
        case: "toolResult",
        value: { toolCallId: "t", content: [document({}), image], isError: true },
      },
    };
    const { body, report } = sent({
      messages: [
        ...hi,
        { role: Role.ASSISTANT, parts: [plan, call] },
        { role: Role.TOOL, parts: [result] },
      ],
    });
    expect(body.messages).toEqual([
      { role: "user", content: "hi" },
      {
        role: "assistant",
        tool_plan: "p",
        tool_calls: [{ id: "t", type: "function", function: { name: "f", arguments: "{}" } }],
      },
      {
        role: "tool",
        tool_call_id: "t",
        content: [{ type: "document", document: { id: "t:0", data: { text: "words" } } }],
      },
      { role: "user", content: [{ type: "image_url", image_url: { url: "https://a.example/i" } }] },
    ]);
    expect(report).toEqual([
      "messages[2].parts[0].tool_result.content[1]",
      "messages[2].parts[0].tool_result.is_error",
    ]);
  });

  const refused: readonly (readonly [title: string, chat: ChatInit, field: string])[] = [
    ["several answers", { n: 2 }, "n"],
    [
      "a tool that is not there",
      { tools: [tool("f")], toolChoice: { choice: { case: "name", value: "g" } } },
      "tool_choice.name",
    ],
    [
      "a document at an address",
      { messages: [user(document({ source: { case: "url", value: "https://a.example" } }))] },
      "messages[0].parts[0].document",
    ],
    [
      "a PDF",
      {
        messages: [
          user(
            document({
              source: { case: "data", value: new Uint8Array() },
              mediaType: "application/pdf",
            }),
          ),
        ],
      },
      "messages[0].parts[0].document",
    ],
    [
      "an uploaded picture",
      {
        messages: [
          user({ content: { case: "image", value: { source: { case: "fileId", value: "f" } } } }),
        ],
      },
      "messages[0].parts[0].image",
    ],
    ["extras that are no object", { extrasJson: { cohere: "[]" } }, 'extras_json["cohere"]'],
    [
      "a rule that is no JSON",
      {
        tools: [tool("f")],
        toolChoice: { choice: { case: "opaque", value: { dialect: "cohere", json: "{" } } },
      },
      "tool_choice.opaque.json",
    ],
    [
      "a schema that is no object",
      { responseFormat: { format: { case: "jsonSchema", value: { schemaJson: "1" } } } },
      "response_format.json_schema.schema_json",
    ],
  ];
  for (const [title, chat, field] of refused) {
    it(`is refused for ${title}`, () =>
      expect(encode(chat)).toMatchObject({ ok: false, fault: { fields: [{ field }] } }));
  }
});

describe("a chat of the vendor's client", () => {
  it("is told all that is wrong", () => {
    const body = {
      messages: [{ role: "nobody" }, { role: "tool", content: 1 }],
      p: 2,
      tools: [{}],
      thinking: {},
    };
    const decoded = cohereFacade.decodeRequest(
      JSON.parse(JSON.stringify(body)),
      Buffer.from(JSON.stringify(body)),
    );
    expect(decoded.ok ? [] : decoded.fault.fields?.map(({ field }) => field)).toEqual([
      "model",
      "messages[0].role",
      "messages[1].content",
      "messages[1].tool_call_id",
      "tools[0].function",
      "p",
      "thinking.type",
    ]);
  });

  it("has its documents in what the user said last", () => {
    const body = {
      model: "m",
      messages: [{ role: "user", content: "q" }],
      documents: ["a", { id: "x", data: { title: "T", snippet: "b" } }],
    };
    const { chat } = unwrap(cohereFacade.decodeRequest(body, Buffer.from(JSON.stringify(body))));
    expect(chat.messages[0]?.parts.map(({ content }) => content)).toMatchObject([
      { case: "document", value: { title: "", source: { value: "a" } } },
      { case: "document", value: { title: "T", source: { value: "b" } } },
      { case: "text" },
    ]);
  });
});
