import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Completion } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { ToolCall } from "../../../gen/parlance/chat/v1/part_pb.js";
import { parseJson } from "../../json/json.ts";
import { followsSchema } from "./follows-schema.ts";
import { sameJson } from "./same-json.ts";
import { textSimilarity } from "./text-similarity.ts";

/** How two answers to one chat differ. */
export interface Comparison {
  readonly textEqual: boolean;
  /** From 0 to 1. */
  readonly textSimilarity: number;
  /** Undefined: neither has a tool call. */
  readonly toolCallsEqual: boolean | undefined;
  /** Whether the first follows the JSON schema of the chat. Undefined: there is none, or not told. */
  readonly valid: boolean | undefined;
  /** Whether the second does. */
  readonly copyValid: boolean | undefined;
}

/** Compares two answers to a chat. Never throws, whatever they hold. */
export function compareAnswers(chat: Chat, answer: Completion, copy: Completion): Comparison {
  const [text, copyText] = [textOf(answer), textOf(copy)];
  const [calls, copyCalls] = [toolCallsOf(answer), toolCallsOf(copy)];
  const schema = schemaOf(chat);
  const hasCalls = calls.length + copyCalls.length > 0;
  return {
    textEqual: text === copyText,
    textSimilarity: textSimilarity(text, copyText),
    toolCallsEqual: hasCalls ? sameCalls(calls, copyCalls) : undefined,
    valid: schema === undefined ? undefined : follows(schema, text),
    copyValid: schema === undefined ? undefined : follows(schema, copyText),
  };
}

/** All that an answer says, without its reasoning. */
export function textOf({ choices }: Completion): string {
  let text = "";
  for (const { message } of choices)
    for (const { content } of message?.parts ?? []) {
      if (content.case === "text") text += content.value.text;
      if (content.case === "refusal") text += content.value.text;
    }
  return text;
}

function toolCallsOf({ choices }: Completion): readonly ToolCall[] {
  return choices.flatMap(({ message }) =>
    (message?.parts ?? []).flatMap(({ content }) =>
      content.case === "toolCall" ? content.value : [],
    ),
  );
}

/** Ids are each vendor's own. */
function sameCalls(calls: readonly ToolCall[], others: readonly ToolCall[]): boolean {
  return (
    calls.length === others.length && calls.every((call, at) => sameCall(call, others[at] ?? call))
  );
}

function sameCall(one: ToolCall, other: ToolCall): boolean {
  if (one.name !== other.name || one.input.case !== other.input.case) return false;
  const [input, otherInput] = [one.input.value ?? "", other.input.value ?? ""];
  if (input === otherInput) return true;
  if (one.input.case !== "argumentsJson") return false;
  const [parsed, otherParsed] = [parseJson(input), parseJson(otherInput)];
  return parsed.ok && otherParsed.ok && sameJson(parsed.value, otherParsed.value);
}

function schemaOf({ responseFormat }: Chat): string | undefined {
  const format = responseFormat?.format;
  return format?.case === "jsonSchema" ? format.value.schemaJson : undefined;
}

/** An empty schema is any JSON. */
function follows(schemaJson: string, text: string): boolean | undefined {
  const value = parseJson(text);
  if (!value.ok) return false;
  if (schemaJson === "") return true;
  const schema = parseJson(schemaJson);
  return schema.ok ? followsSchema(schema.value, value.value) : undefined;
}
