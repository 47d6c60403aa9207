import { create } from "@bufbuild/protobuf";
import {
  type Choice,
  type Completion,
  CompletionSchema,
} from "../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import { Role } from "../../gen/parlance/chat/v1/message_pb.js";
import type { Part } from "../../gen/parlance/chat/v1/part_pb.js";
import type { Usage } from "../../gen/parlance/chat/v1/usage_pb.js";

/**
 * Folds the events of one choice as an application would that has nothing but the contract's
 * comments.
 */
export function foldEvents(events: readonly Event[]): Completion {
  const parts: Part[] = [];
  const choice: Choice = {
    $typeName: "parlance.chat.v1.Choice",
    index: 0,
    finishReason: 0,
    vendorFinishReason: "",
    stopSequence: "",
  };
  let usage: Usage | undefined;
  for (const { event } of events) {
    if (event.case === "finish") choice.finishReason = event.value.reason;
    else if (event.case === "usage")
      usage = usage === undefined ? event.value : { ...usage, ...event.value };
    else addToParts(parts, event);
  }
  choice.message = {
    $typeName: "parlance.chat.v1.Message",
    role: Role.ASSISTANT,
    parts: parts.filter((part) => part.content.case !== undefined),
    name: "",
    text: "",
    extrasJson: {},
  };
  const whole = create(CompletionSchema, { choices: [choice] });
  return usage === undefined ? whole : { ...whole, usage };
}

function addToParts(parts: Part[], event: Event["event"]): void {
  switch (event.case) {
    case "textDelta": {
      const { content } = partAt(parts, event.value.part);
      if (content.case === "text") content.value.text += event.value.text;
      else put(parts, event.value.part, "text", { text: event.value.text, citations: [] });
      return;
    }
    case "reasoningDelta": {
      const { part, text, signature, encrypted, id, dialect, summary, summaryIndex } = event.value;
      const { content } = partAt(parts, part);
      const before = content.case === "reasoning" ? content.value : undefined;
      put(parts, part, "reasoning", {
        text: (before?.text ?? "") + text,
        signature: (before?.signature ?? "") + signature,
        encrypted: (before?.encrypted ?? "") + encrypted,
        id: id || (before?.id ?? ""),
        dialect: dialect || (before?.dialect ?? ""),
        summaries: addSummary(before?.summaries ?? [], summary, summaryIndex),
      });
      return;
    }
    case "toolCallStart": {
      const { part, id, name } = event.value;
      put(parts, part, "toolCall", {
        id,
        name,
        input: { case: "argumentsJson", value: "" },
        signature: "",
      });
      return;
    }
    case "toolCallDelta": {
      const { content } = partAt(parts, event.value.part);
      if (content.case !== "toolCall") throw new Error("arguments of a call that did not start");
      content.value.input = {
        case: "argumentsJson",
        value: `${content.value.input.value ?? ""}${event.value.input}`,
      };
      return;
    }
    default:
  }
}

/** A summary goes on until another index is told. */
function addSummary(
  before: readonly string[],
  summary: string,
  index: number | undefined,
): string[] {
  if (summary === "" && index === undefined) return [...before];
  const at = index ?? Math.max(0, before.length - 1);
  const length = Math.max(before.length, at + 1);
  return Array.from({ length }, (_, each) => (before[each] ?? "") + (each === at ? summary : ""));
}

type Known = Extract<Part["content"], { case: "text" | "reasoning" | "toolCall" }>;
type ValueOf<C extends Known["case"]> = Omit<Extract<Known, { case: C }>["value"], "$typeName">;

function put<C extends Known["case"]>(
  parts: Part[],
  index: number,
  name: C,
  value: ValueOf<C>,
): void {
  const typeNames = { text: "Text", reasoning: "Reasoning", toolCall: "ToolCall" } as const;
  const content = {
    case: name,
    value: { $typeName: `parlance.chat.v1.${typeNames[name]}`, ...value },
  };
  // The compiler cannot see that the name, the type's name and the value belong together.
  partAt(parts, index).content = content as unknown as Part["content"];
}

function partAt(parts: Part[], index: number): Part {
  while (parts.length <= index)
    parts.push({ $typeName: "parlance.chat.v1.Part", content: { case: undefined } });
  const part = parts[index];
  if (part === undefined) throw new Error("an index below 0");
  return part;
}
