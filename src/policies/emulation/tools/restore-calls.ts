import type {
  Event,
  ToolCallDelta,
  ToolCallStart,
} from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { Part, ToolCall } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { appendAll } from "../../../core/append-all.ts";
import type { Piece } from "../../../core/call.ts";
import type { ToolIdentity } from "../../../core/names/tool-namespace.ts";
import { event } from "../../../events/make-events.ts";
import { createInputText, type InputText, inputOf } from "../../../json/input-text.ts";

type Callers = ReadonlyMap<string, ToolIdentity>;

/**
 * The pieces of an answer with calls of the caller's own tools: their names and namespaces, and the
 * raw text of custom tools, which grows as it does in the vendor's JSON. Tools that are not the
 * caller's stay as they are.
 */
export async function* restoreCalls(
  pieces: AsyncIterable<Piece>,
  callers: Callers,
): AsyncGenerator<Piece> {
  const open = new Map<string, OpenText>();
  for await (const { events } of pieces) {
    const restored: Event[] = [];
    for (const each of events) restoreEvent(each, callers, open, restored);
    if (restored.length > 0) yield { events: restored };
  }
  const rest: Event[] = [];
  for (const text of open.values()) addRest(text, rest);
  if (rest.length > 0) yield { events: rest };
}

/** The text of a custom tool that grows. */
interface OpenText {
  readonly choice: number;
  readonly part: number;
  readonly text: InputText;
}

function restoreEvent(
  whole: Event,
  callers: Callers,
  open: Map<string, OpenText>,
  restored: Event[],
): void {
  const { event: step } = whole;
  switch (step.case) {
    case "toolCallStart":
      restored.push(
        event({ case: "toolCallStart", value: restoreStart(step.value, callers, open) }),
      );
      return;
    case "toolCallDelta":
      restoreDelta(step.value, open, whole, restored);
      return;
    case "partWhole": {
      const { content } = step.value;
      if (content === undefined) restored.push(whole);
      else {
        const value = { ...step.value, content: restorePart(content, callers) };
        restored.push(event({ case: "partWhole", value }));
      }
      return;
    }
    case "partEnd":
      endTexts(open, restored, ({ choice, part }) => isAt(step.value, choice, part));
      break;
    case "finish":
      endTexts(open, restored, ({ choice }) => choice === step.value.choice);
      break;
    default:
  }
  restored.push(whole);
}

function restoreStart(
  start: ToolCallStart,
  callers: Callers,
  open: Map<string, OpenText>,
): ToolCallStart {
  const tool = callers.get(start.name);
  if (tool === undefined) return start;
  const { choice, part } = start;
  if (tool.custom && !start.custom)
    open.set(keyOf(choice, part), { choice, part, text: createInputText() });
  return {
    ...start,
    name: tool.name,
    custom: start.custom || tool.custom,
    ...(tool.namespace === "" ? undefined : { namespace: tool.namespace }),
  };
}

function restoreDelta(
  delta: ToolCallDelta,
  open: Map<string, OpenText>,
  whole: Event,
  restored: Event[],
): void {
  const grown = open.get(keyOf(delta.choice, delta.part));
  if (grown === undefined) {
    restored.push(whole);
    return;
  }
  const input = grown.text.read(delta.input);
  if (input !== "" || delta.signature !== "")
    restored.push(event({ case: "toolCallDelta", value: { ...delta, input } }));
}

function endTexts(
  open: Map<string, OpenText>,
  restored: Event[],
  ends: (text: OpenText) => boolean,
): void {
  for (const [key, text] of open) {
    if (!ends(text)) continue;
    open.delete(key);
    addRest(text, restored);
  }
}

function addRest({ choice, part, text }: OpenText, restored: Event[]): void {
  const input = text.end();
  if (input === "") return;
  const value = {
    $typeName: "parlance.chat.v1.ToolCallDelta",
    choice,
    part,
    input,
    signature: "",
  } as const;
  appendAll(restored, [event({ case: "toolCallDelta", value })]);
}

function restorePart(part: Part, callers: Callers): Part {
  const { content } = part;
  if (content.case !== "toolCall") return part;
  return { ...part, content: { case: "toolCall", value: restoreCall(content.value, callers) } };
}

function restoreCall(call: ToolCall, callers: Callers): ToolCall {
  const tool = callers.get(call.name);
  if (tool === undefined) return call;
  const { input } = call;
  return {
    ...call,
    name: tool.name,
    ...(tool.namespace === "" ? undefined : { namespace: tool.namespace }),
    input:
      tool.custom && input.case !== "text"
        ? { case: "text", value: inputOf(input.value ?? "") }
        : input,
  };
}

function keyOf(choice: number, part: number): string {
  return `${choice}/${part}`;
}

function isAt(
  place: { readonly choice: number; readonly part: number },
  choice: number,
  part: number,
): boolean {
  return place.choice === choice && place.part === part;
}
