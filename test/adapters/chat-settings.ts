import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Chat, ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import type { CitationSchema } from "../../gen/parlance/chat/v1/citation_pb.js";
import { Role } from "../../gen/parlance/chat/v1/message_pb.js";
import type { PartSchema } from "../../gen/parlance/chat/v1/part_pb.js";
import type { ToolSchema } from "../../gen/parlance/chat/v1/tool_pb.js";

type ChatInit = MessageInitShape<typeof ChatSchema>;
type PartInit = MessageInitShape<typeof PartSchema>;
type CitationInit = MessageInitShape<typeof CitationSchema>;
type ToolInit = MessageInitShape<typeof ToolSchema>;

/**
 * Chats, the usual one first, in which a field of the contract makes sense: a picture's detail
 * beside a picture, a tool's name in a tool.
 */
export function chatSettings(path: string): readonly Chat[] {
  const [, ...inits] = settings.find(([prefix]) => path.startsWith(prefix)) ?? ["", said];
  return inits.map((init) => create(ChatSchema, { model: "asked", ...init }));
}

const text = (value: string): PartInit => ({ content: { case: "text", value: { text: value } } });
const bytes = Buffer.from("some bytes");
const user = (...parts: PartInit[]) => ({ role: Role.USER, parts });
const assistant = (...parts: PartInit[]) => ({ role: Role.ASSISTANT, parts });
const lookup: ToolInit = {
  tool: {
    case: "function",
    value: { name: "lookup", description: "Looks up.", parametersJson: '{"type":"object"}' },
  },
};
const other: ToolInit = { tool: { case: "function", value: { name: "other" } } };
const callWith = (id: string): PartInit => ({
  content: {
    case: "toolCall",
    value: { id, name: "lookup", input: { case: "argumentsJson", value: "{}" } },
  },
});
const answerTo = (toolCallId: string): PartInit => ({
  content: { case: "toolResult", value: { toolCallId, content: [text("found")] } },
});

const said: ChatInit = { messages: [user(text("hello"))] };
const shown = (part: PartInit): ChatInit => ({ messages: [user(text("look"), part)] });
const answered = (part: PartInit): ChatInit => ({
  messages: [user(text("hello")), assistant(text("well"), part), user(text("go on"))],
});
const worked: ChatInit = {
  messages: [
    user(text("hello")),
    assistant(callWith("call_1")),
    { role: Role.TOOL, parts: [answerTo("call_1")] },
  ],
  tools: [lookup],
};
const citation = (source: NonNullable<CitationInit["source"]>): CitationInit => ({
  citedText: "blue",
  title: "Sky",
  source,
});
const quoted = (source: NonNullable<CitationInit["source"]>): ChatInit => {
  const cited: PartInit = {
    content: { case: "text", value: { text: "the sky is blue", citations: [citation(source)] } },
  };
  return { messages: [user(text("hello")), assistant(cited), user(text("go on"))] };
};

const grouped: ToolInit = { ...lookup, namespace: { name: "group", description: "Grouped." } };

const settings: readonly (readonly [prefix: string, ...inits: ChatInit[]])[] = [
  [
    "messages[].role",
    { messages: [user(text("hello")), assistant(text("well")), user(text("go on"))] },
  ],
  [
    "messages[].parts[].text.citations[].opaque",
    quoted({ case: "opaque", value: { dialect: "another", json: "{}" } }),
  ],
  [
    "messages[].parts[].text.citations",
    quoted({ case: "web", value: { url: "https://sky.example", encryptedIndex: "index" } }),
  ],
  [
    "messages[].parts[].image",
    shown({
      content: {
        case: "image",
        value: { source: { case: "data", value: bytes }, mediaType: "image/png" },
      },
    }),
  ],
  [
    "messages[].parts[].audio.answer_id",
    answered({
      content: {
        case: "audio",
        value: { source: { case: "id", value: "audio_1" }, transcript: "said" },
      },
    }),
  ],
  [
    "messages[].parts[].audio.expires_at_unix_s",
    answered({
      content: {
        case: "audio",
        value: { source: { case: "id", value: "audio_1" }, transcript: "said" },
      },
    }),
  ],
  [
    "messages[].parts[].audio.id",
    answered({
      content: {
        case: "audio",
        value: { source: { case: "id", value: "audio_1" }, transcript: "said" },
      },
    }),
  ],
  [
    "messages[].parts[].audio",
    shown({
      content: { case: "audio", value: { source: { case: "data", value: bytes }, format: "wav" } },
    }),
  ],
  [
    "messages[].parts[].video",
    shown({
      content: {
        case: "video",
        value: { source: { case: "data", value: bytes }, mediaType: "video/mp4" },
      },
    }),
  ],
  [
    "messages[].parts[].document",
    shown({
      content: {
        case: "document",
        value: { source: { case: "data", value: bytes }, mediaType: "application/pdf" },
      },
    }),
    shown({ content: { case: "document", value: { source: { case: "text", value: "words" } } } }),
  ],
  [
    "messages[].parts[].tool_call.id",
    {
      ...worked,
      messages: [
        user(text("hello")),
        assistant(callWith("")),
        { role: Role.TOOL, parts: [answerTo("sentinel")] },
      ],
    },
  ],
  ["messages[].parts[].tool_call", worked],
  [
    "messages[].parts[].tool_result.tool_call_id",
    {
      ...worked,
      messages: [
        user(text("hello")),
        assistant(callWith("call_1")),
        { role: Role.TOOL, parts: [answerTo("")] },
      ],
    },
  ],
  ["messages[].parts[].tool_result", worked],
  [
    "messages[].parts[].reasoning",
    answered({
      content: { case: "reasoning", value: { text: "let me think", signature: "proof" } },
    }),
  ],
  ["messages[].parts[].refusal", answered({ content: { case: "refusal", value: { text: "no" } } })],
  [
    "messages[].parts[].extras",
    shown({
      content: { case: "text", value: { text: "hello" } },
      extras: { dialect: "another", json: '{"other":1}' },
    }),
  ],
  [
    "messages[].parts[].opaque",
    shown({ content: { case: "opaque", value: { dialect: "another", json: '{"type":"thing"}' } } }),
  ],
  ["tools[].namespace", { ...said, tools: [grouped] }],
  ["tools[].custom", { ...said, tools: [{ tool: { case: "custom", value: { name: "write" } } }] }],
  [
    "tools[].builtin",
    {
      ...said,
      tools: [
        { tool: { case: "builtin", value: { dialect: "another", json: '{"type":"thing"}' } } },
      ],
    },
  ],
  ["tools", { ...said, tools: [lookup] }],
  [
    "tool_choice.allowed",
    {
      ...said,
      tools: [lookup, other],
      toolChoice: { choice: { case: "allowed", value: { mode: 2, names: ["other"] } } },
    },
  ],
  [
    "tool_choice.opaque",
    {
      ...said,
      tools: [lookup],
      toolChoice: {
        choice: { case: "opaque", value: { dialect: "another", json: '{"type":"thing"}' } },
      },
    },
  ],
  ["tool_choice", { ...said, tools: [lookup] }],
  ["parallel_tool_calls", { ...said, tools: [lookup] }],
  [
    "response_format.json_schema",
    {
      ...said,
      responseFormat: {
        format: { case: "jsonSchema", value: { name: "answer", schemaJson: '{"type":"object"}' } },
      },
    },
  ],
  [
    "response_format.opaque",
    {
      ...said,
      responseFormat: {
        format: { case: "opaque", value: { dialect: "another", json: '{"type":"thing"}' } },
      },
    },
  ],
  ["sampling.top_logprobs", { ...said, sampling: { logprobs: true } }],
  ["reasoning.summary", { ...said, reasoning: {} }],
  [
    "prediction.content[].citations[].opaque",
    {
      ...said,
      prediction: {
        content: [
          {
            text: "likely",
            citations: [citation({ case: "opaque", value: { dialect: "another", json: "{}" } })],
          },
        ],
      },
    },
  ],
  ["prediction", { ...said, prediction: { content: [{ text: "likely" }] } }],
  ["audio_output", { ...said, modalities: [1, 2] }],
];
