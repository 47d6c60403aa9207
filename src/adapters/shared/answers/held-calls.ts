import type { ToolCallDelta, ToolCallStart } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { ToolCall } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { createObjectEnd, followObject, type ObjectEnd } from "../../../json/object-end.ts";

/**
 * Tool calls of one choice that have begun and were not sent, for clients that get calls whole.
 * Their fragments may come in any order.
 */
export interface HeldCalls {
  /** By their parts, in the order in which they began. */
  readonly byPart: Map<number, HeldCall>;
}

interface HeldCall {
  readonly start: Pick<ToolCallStart, "id" | "name" | "custom">;
  input: string;
  signature: string;
  /** Where the input stands. */
  readonly end: ObjectEnd;
}

/** No calls yet. */
export function createHeldCalls(): HeldCalls {
  return { byPart: new Map() };
}

/** A call begins. One that has begun stays as it is. */
export function holdCall({ byPart }: HeldCalls, start: ToolCallStart): void {
  if (byPart.has(start.part)) return;
  byPart.set(start.part, {
    start,
    input: "",
    signature: start.signature,
    end: createObjectEnd(),
  });
}

/** A call that comes whole waits for those before it. */
export function holdWholeCall({ byPart }: HeldCalls, part: number, call: ToolCall): void {
  const { id, name, signature, input } = call;
  byPart.set(part, {
    start: { id, name, custom: input.case === "text" },
    input: input.value ?? "",
    signature,
    end: { ...createObjectEnd(), state: "closed" },
  });
}

/** Adds input to a call that is held; input of others is dropped, for they were sent. */
export function addCallInput({ byPart }: HeldCalls, delta: ToolCallDelta): void {
  const call = byPart.get(delta.part);
  if (call === undefined) return;
  call.input += delta.input;
  call.signature += delta.signature;
  if (!call.start.custom) followObject(call.end, delta.input);
}

/** Takes the call of a part that has ended. */
export function takeCall({ byPart }: HeldCalls, part: number): readonly ToolCall[] {
  const call = byPart.get(part);
  byPart.delete(part);
  return call === undefined ? [] : [wholeCall(call)];
}

/**
 * Takes the calls at the front to which nothing more can come: their arguments are a whole object.
 * For where something else begins; calls keep their order.
 */
export function takeWholeCalls({ byPart }: HeldCalls): readonly ToolCall[] {
  const whole: ToolCall[] = [];
  for (const [part, call] of byPart) {
    if (call.end.state !== "closed") break;
    byPart.delete(part);
    whole.push(wholeCall(call));
  }
  return whole;
}

/** Takes every call, for the answer is over. */
export function takeAllCalls({ byPart }: HeldCalls): readonly ToolCall[] {
  const calls = Array.from(byPart.values(), wholeCall);
  byPart.clear();
  return calls;
}

function wholeCall({ start: { id, name, custom }, input, signature }: HeldCall): ToolCall {
  return {
    $typeName: "parlance.chat.v1.ToolCall",
    id,
    name,
    signature,
    input: { case: custom ? "text" : "argumentsJson", value: input },
  };
}
