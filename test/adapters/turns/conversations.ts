import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { type Chat, ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { PartSchema } from "../../../gen/parlance/chat/v1/part_pb.js";

type PartInit = MessageInitShape<typeof PartSchema>;

/** One part of a conversation. Of a call, `at` says how far behind it its result stands. */
interface Step {
  readonly kind: "user" | "answer" | "instructions" | "call";
  readonly content: "text" | "blank" | "empty" | "reasoning" | "opaque" | "none";
  readonly at: number;
  /** Whether it joins the message before it, where that has the same role. */
  readonly joins: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("user", "user", "answer", "answer", "instructions", "call", "call"),
  content: fc.constantFrom("text", "text", "text", "blank", "empty", "reasoning", "opaque", "none"),
  at: fc.nat(5),
  joins: fc.boolean(),
});

interface Placed {
  readonly role: Role;
  readonly part: PartInit | undefined;
  readonly joins: boolean;
}

/**
 * Conversations in any order of roles and parts, with empty ones, and content that only another
 * vendor knows. Each call has one result somewhere behind it; each part that says something says a
 * word of its own: `w` and a number.
 */
export const conversation: fc.Arbitrary<Chat> = fc
  .array(step, { minLength: 1, maxLength: 9 })
  .map((steps) => {
    const placed: Placed[] = steps.map(placeOf);
    // From the end, so that the places of what stands before stay the same.
    for (const [index, { kind, at, joins }] of [...steps.entries()].toReversed()) {
      if (kind === "call")
        placed.splice(index + 1 + (at % (placed.length - index)), 0, resultOf(index, joins));
    }
    return create(ChatSchema, {
      model: "m",
      messages: messagesOf(placed),
      tools: [{ tool: { case: "function", value: { name: "f", parametersJson: SCHEMA } } }],
    });
  });

const SCHEMA = '{"type":"object","properties":{"a":{"type":"string"}}}';

function placeOf({ kind, content, joins }: Step, index: number): Placed {
  switch (kind) {
    case "call": {
      const input = { case: "argumentsJson", value: `{"a":"w${index}."}` } as const;
      const value = { id: `call_${index}`, name: "f", input };
      return { role: Role.ASSISTANT, part: { content: { case: "toolCall", value } }, joins };
    }
    case "answer":
      return { role: Role.ASSISTANT, part: partOf(content, index), joins };
    case "user":
      return {
        role: Role.USER,
        part: partOf(content === "reasoning" ? "text" : content, index),
        joins,
      };
    case "instructions":
      return { role: Role.SYSTEM, part: partOf("text", index), joins };
  }
}

function partOf(content: Step["content"], index: number): PartInit | undefined {
  switch (content) {
    case "text":
      return { content: { case: "text", value: { text: `w${index}. ` } } };
    case "blank":
      return { content: { case: "text", value: { text: " \n" } } };
    case "empty":
      return { content: { case: "text", value: { text: "" } } };
    case "reasoning":
      return {
        content: { case: "reasoning", value: { text: `w${index}.`, signature: "s", dialect: "d" } },
      };
    case "opaque":
      return { content: { case: "opaque", value: { dialect: "d", json: `{"a":"w${index}."}` } } };
    case "none":
      return undefined;
  }
}

function resultOf(index: number, joins: boolean): Placed {
  const content: PartInit[] = index % 3 === 0 ? [] : [partOf("text", 100 + index) ?? {}];
  const value = { toolCallId: `call_${index}`, content, isError: index % 2 === 0 };
  return { role: Role.TOOL, part: { content: { case: "toolResult", value } }, joins };
}

function messagesOf(placed: readonly Placed[]) {
  const messages: { role: Role; parts: PartInit[] }[] = [];
  for (const { role, part, joins } of placed) {
    const last = messages.at(-1);
    const together = last !== undefined && joins && sideOf(last.role) === sideOf(role);
    if (!together) messages.push({ role, parts: part === undefined ? [] : [part] });
    else if (part !== undefined) last.parts.push(part);
  }
  // Results and words may share a message of the user's.
  for (const message of messages)
    if (message.role === Role.TOOL && message.parts.some(({ content }) => content?.case === "text"))
      message.role = Role.USER;
  return messages;
}

function sideOf(role: Role): "user" | "answer" | "instructions" {
  if (role === Role.SYSTEM) return "instructions";
  return role === Role.ASSISTANT ? "answer" : "user";
}
