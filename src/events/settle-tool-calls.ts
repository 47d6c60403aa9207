import type { Event, ToolCallDelta, ToolCallStart } from "../../gen/parlance/chat/v1/event_pb.js";
import type { Part } from "../../gen/parlance/chat/v1/part_pb.js";
import { beginsObject, plainArguments } from "../json/plain-arguments.ts";
import { event } from "./make-events.ts";

/** Makes the tool calls of a stream such as every client reads them. Stateful, one per stream. */
export interface ToolCallSettler {
  /** The events with settled calls. The same array where nothing had to be done. */
  settle(events: readonly Event[]): readonly Event[];
  /** Whether something of a call is held back. */
  holds(choice: number, part: number): boolean;
  /** What is still held back when the stream is over. */
  end(): readonly Event[];
}

/** A call that has begun, until its input is seen to be plain. */
interface HeldCall {
  start: ToolCallStart;
  /** Whether the start was passed on. */
  started: boolean;
  /** Whether the input begins as it should; undefined while there is none. */
  plain: boolean | undefined;
  input: string;
  signature: string;
}

/**
 * The start of a call waits for its name, which some vendors send after its id: clients open a call
 * once, with its name. Arguments that do not begin as an object wait until they are whole, and are
 * then made plain (`plainArguments`); a call that ends without any has `{}`. All else passes as it
 * is.
 */
export function createToolCallSettler(): ToolCallSettler {
  const held: Held = new Map();
  return {
    settle(events) {
      if (held.size === 0 && !events.some(beginsCall)) return events;
      const out: Event[] = [];
      for (const original of events) pass(held, out, original);
      return out;
    },
    holds: (choice, part) => held.has(keyOf({ choice, part })),
    end() {
      const out: Event[] = [];
      for (const [key, call] of held) close(held, out, key, call);
      return out;
    },
  };
}

type Held = Map<string, HeldCall>;

function start(held: Held, out: Event[], original: Event, value: ToolCallStart): void {
  const key = keyOf(value);
  const known = held.get(key);
  if (known !== undefined) {
    known.start = merged(known.start, value);
    if (known.start.name !== "") open(held, out, known);
  } else if (value.custom && value.name !== "") out.push(original);
  else {
    const started = value.name !== "";
    const plain = value.custom ? true : undefined;
    held.set(key, { start: value, started, plain, input: "", signature: "" });
    if (started) out.push(original);
  }
}

function add(held: Held, out: Event[], original: Event, value: ToolCallDelta): void {
  const key = keyOf(value);
  const call = held.get(key);
  if (call === undefined) {
    out.push(original);
    return;
  }
  grow(call, value);
  if (call.started && call.plain === true) release(held, out, call);
}

function open(held: Held, out: Event[], call: HeldCall): void {
  if (!call.started) out.push(event({ case: "toolCallStart", value: call.start }));
  call.started = true;
  if (call.plain === true) release(held, out, call);
}

/** From now on the call's input passes as it comes. */
function release(held: Held, out: Event[], call: HeldCall): void {
  held.delete(keyOf(call.start));
  pushInput(out, call, call.input);
}

function close(held: Held, out: Event[], key: string, call: HeldCall): void {
  held.delete(key);
  if (!call.started) out.push(event({ case: "toolCallStart", value: call.start }));
  pushInput(out, call, call.start.custom ? call.input : plainArguments(call.input));
}

function closePart(held: Held, out: Event[], key: string): void {
  const call = held.get(key);
  if (call !== undefined) close(held, out, key, call);
}

function closeChoice(held: Held, out: Event[], choice: number): void {
  for (const [key, call] of held) if (call.start.choice === choice) close(held, out, key, call);
}

function pass(held: Held, out: Event[], original: Event): void {
  const { event: step } = original;
  switch (step.case) {
    case "toolCallStart":
      start(held, out, original, step.value);
      return;
    case "toolCallDelta":
      add(held, out, original, step.value);
      return;
    case "partEnd":
      closePart(held, out, keyOf(step.value));
      break;
    case "finish":
      closeChoice(held, out, step.value.choice);
      break;
    default:
  }
  out.push(plainWhole(original));
}

function beginsCall({ event: step }: Event): boolean {
  return (
    step.case === "toolCallStart" ||
    (step.case === "partWhole" && step.value.content?.content.case === "toolCall")
  );
}

/** A call that comes whole. */
function plainWhole(original: Event): Event {
  const { event: step } = original;
  const part = step.case === "partWhole" ? step.value.content : undefined;
  if (step.case !== "partWhole" || part === undefined) return original;
  const content = plainCall(part);
  return content === part
    ? original
    : event({ case: "partWhole", value: { ...step.value, content } });
}

/** A part, with plain arguments where it is a tool call. The same part where it has none other. */
export function plainCall(part: Part): Part {
  const { content } = part;
  if (content.case !== "toolCall" || content.value.input.case === "text") return part;
  const value = plainArguments(content.value.input.value ?? "");
  if (value === content.value.input.value) return part;
  const call = { ...content.value, input: { case: "argumentsJson", value } as const };
  return { ...part, content: { case: "toolCall", value: call } };
}

/** Blanks before the input say nothing. */
function grow(call: HeldCall, { input, signature }: ToolCallDelta): void {
  call.signature += signature;
  call.input += call.input === "" && !call.start.custom ? input.trimStart() : input;
  if (call.plain === undefined && call.input !== "") call.plain = beginsObject(call.input);
}

function keyOf({ choice, part }: { readonly choice: number; readonly part: number }): string {
  return `${choice} ${part}`;
}

function merged(before: ToolCallStart, now: ToolCallStart): ToolCallStart {
  return {
    ...before,
    id: before.id === "" ? now.id : before.id,
    name: before.name === "" ? now.name : before.name,
    custom: before.custom || now.custom,
    signature: before.signature + now.signature,
  };
}

function pushInput(out: Event[], { start, signature }: HeldCall, input: string): void {
  if (input === "" && signature === "") return;
  const { choice, part } = start;
  const value = {
    $typeName: "parlance.chat.v1.ToolCallDelta",
    choice,
    part,
    input,
    signature,
  } as const;
  out.push(event({ case: "toolCallDelta", value }));
}
