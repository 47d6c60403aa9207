import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Chat, ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import { type MessageSchema, Role } from "../../gen/parlance/chat/v1/message_pb.js";
import type { PartSchema } from "../../gen/parlance/chat/v1/part_pb.js";
import type { ToolSchema } from "../../gen/parlance/chat/v1/tool_pb.js";
import type { GrownRequest } from "./grown-requests.ts";
import { list } from "./grown-texts.ts";

type MessageInit = MessageInitShape<typeof MessageSchema>;
type PartInit = MessageInitShape<typeof PartSchema>;
type ToolInit = MessageInitShape<typeof ToolSchema>;

const text = (value: string): PartInit => ({ content: { case: "text", value: { text: value } } });
const user = (...parts: PartInit[]): MessageInit => ({ role: Role.USER, parts });
const result = (toolCallId: string): PartInit => ({
  content: { case: "toolResult", value: { toolCallId, content: [text("found")] } },
});
const call = (id: string): PartInit => ({
  content: {
    case: "toolCall",
    value: { id, name: "lookup", input: { case: "argumentsJson", value: "{}" } },
  },
});
const report: PartInit = {
  content: {
    case: "document",
    value: {
      source: { case: "data", value: Buffer.from("%PDF") },
      mediaType: "application/pdf",
      title: "Report",
    },
  },
};
const tool = (name: string, parametersJson = '{"type":"object"}'): ToolInit => ({
  tool: { case: "function", value: { name, parametersJson } },
});

const said = (messages: MessageInit[]): Chat => create(ChatSchema, { model: "asked", messages });

/** An answer with a call for each id, and messages with their results. */
function answered(ids: readonly string[], results: readonly MessageInit[]): Chat {
  const answer = { role: Role.ASSISTANT, parts: ids.map(call) };
  return create(ChatSchema, {
    model: "asked",
    messages: [user(text("hello")), answer, ...results],
    tools: [tool("lookup")],
  });
}

const toolMessage = (...parts: PartInit[]): MessageInit => ({ role: Role.TOOL, parts });
const numbered = (size: number) => list(size, (at) => `call_${at}`);
const together = (ids: readonly string[]) => answered(ids, [toolMessage(...ids.map(result))]);

const chats: readonly (readonly [title: string, grow: (size: number) => Chat])[] = [
  ["calls with their results in one message", (size) => together(numbered(size))],
  ["calls without ids", (size) => together(list(size, () => ""))],
  ["calls with one id", (size) => together(list(size, () => "call_1"))],
  [
    "calls with ids that are too long",
    (size) => together(list(size, (at) => `${"a call ".repeat(12)}${at}`)),
  ],
  [
    "calls with their results in messages of their own",
    (size) =>
      answered(
        numbered(size),
        numbered(size).map((id) => toolMessage(result(id))),
      ),
  ],
  [
    "results between texts",
    (size) =>
      answered(numbered(size), [
        user(...numbered(size).flatMap((id) => [result(id), text("and")])),
      ]),
  ],
  [
    "messages with results between messages with texts",
    (size) =>
      answered(
        numbered(size),
        numbered(size).flatMap((id) => [toolMessage(result(id)), toolMessage(text("and"))]),
      ),
  ],
  ["documents of one title", (size) => said([user(text("read"), ...list(size, () => report))])],
  [
    "instructions in the middle",
    (size) =>
      said([
        user(text("hello")),
        ...list(size, () => ({ role: Role.SYSTEM, parts: [text("be brief")] })),
        user(text("go on")),
      ]),
  ],
  [
    "tools to choose from",
    (size) => {
      const names = list(size, (at) => `tool_${at}`);
      return create(ChatSchema, {
        model: "asked",
        messages: [user(text("hello"))],
        tools: names.map((name) => tool(name)),
        toolChoice: { choice: { case: "allowed", value: { mode: 2, names: names.toReversed() } } },
      });
    },
  ],
  [
    "tools whose references double",
    (size) => {
      const twice = (at: number) => ({
        type: "object",
        properties: { a: reference(at + 1), b: reference(at + 1) },
      });
      const $defs = Object.fromEntries(list(12, (at) => [`d${at}`, twice(at)]));
      const schema = JSON.stringify({ type: "object", properties: { a: reference(0) }, $defs });
      return create(ChatSchema, {
        model: "asked",
        messages: [user(text("hello"))],
        tools: list(size, (at) => tool(`tool_${at}`, schema)),
      });
    },
  ],
];

function reference(at: number): { readonly $ref: string } {
  return { $ref: `#/$defs/d${at}` };
}

/**
 * Chats of any size whose parts belong together: calls with their results, and names that must not
 * come twice.
 */
export const grownChats: readonly GrownRequest[] = chats.map(([title, grow]) => ({ title, grow }));
