import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { PassContext } from "../../../core/dialect.ts";
import { nameToolCalls } from "../../../events/name-tool-calls.ts";
import { createToolCallSettler, type ToolCallSettler } from "../../../events/settle-tool-calls.ts";
import type { Writable } from "../../../json/write.ts";
import { encodeDelta, encodeUnfed } from "../client/stream-part.ts";
import { addText, type FacadeChoice, openChoice } from "../client/stream-state.ts";
import { begin, type ChatStreamState, type FrameWork } from "../vendor/stream-state.ts";
import type { Draft } from "../wire.ts";

/**
 * What is known of an answer whose frames pass but for those that must be mended: the stream's own,
 * changed in place. Only what is mended is read, as a vendor's answer to us, and written as clients
 * get it from us.
 */
export interface MendState {
  readonly context: PassContext;
  readonly work: FrameWork;
  readonly choices: Map<number, FacadeChoice>;
  readonly settler: ToolCallSettler;
  /** Choices whose first delta has named the role, as clients demand. */
  readonly begun: Set<number>;
}

/** Nothing of an answer yet. */
export function createMendState(context: PassContext): MendState {
  const state: ChatStreamState = begin();
  return {
    context,
    work: { state, events: [], whole: false },
    choices: new Map(),
    settler: createToolCallSettler(),
    begun: new Set(),
  };
}

/** The choice with this index, begun if need be. */
export function mendedChoice({ choices }: MendState, index: number): FacadeChoice {
  const known = choices.get(index);
  if (known !== undefined) return known;
  const choice = openChoice(index);
  choices.set(index, choice);
  return choice;
}

/**
 * Takes what was read into the work, and gives it as one delta of the choice. `finish`: the choice
 * ends, so that nothing is held back any more.
 */
export function takeDelta(state: MendState, index: number, finish: Event | undefined): Draft {
  const { work, settler, context } = state;
  const read = work.events.splice(0);
  if (finish !== undefined) read.push(finish);
  const events = nameToolCalls(settler.settle(read), context.callId);
  const choice = mendedChoice(state, index);
  const deltas = events.flatMap(({ event }): readonly Draft[] => {
    switch (event.case) {
      case "textDelta":
        addText(choice, event.value.part, event.value.text.length);
        return [{ content: event.value.text }];
      case "reasoningDelta":
      case "refusalDelta":
      case "toolCallStart":
      case "toolCallDelta":
      case "partWhole":
        return encodeDelta(choice, event, context.callId);
      default:
        return [];
    }
  });
  return mergeDeltas(finish === undefined ? deltas : [...deltas, ...encodeUnfed(choice)]);
}

function mergeDeltas(deltas: readonly Draft[]): Draft {
  const merged: Record<string, Writable> = {};
  for (const delta of deltas) {
    for (const [key, value] of Object.entries(delta)) merged[key] = merge(key, merged[key], value);
  }
  return merged;
}

function merge(key: string, before: Writable, now: Writable): Writable {
  if (typeof before === "string" && typeof now === "string") return before + now;
  if (key === "tool_calls" && isList(now)) return mergeCalls(isList(before) ? before : [], now);
  return isList(before) && isList(now) ? [...before, ...now] : now;
}

/** Fragments of one call become one. */
function mergeCalls(before: readonly Writable[], now: readonly Writable[]): readonly Writable[] {
  const last = before.at(-1);
  const [first, ...rest] = now;
  if (!isDraft(last) || !isDraft(first) || last.index !== first.index) return [...before, ...now];
  const body = last.custom === undefined ? "function" : "custom";
  const member = body === "function" ? "arguments" : "input";
  const held = isDraft(last[body]) ? last[body] : {};
  const added = isDraft(first[body]) ? first[body][member] : "";
  const input = `${textOf(held[member])}${textOf(added)}`;
  const joined = { ...last, ...withoutUndefined(first), [body]: { ...held, [member]: input } };
  return [...before.slice(0, -1), joined, ...rest];
}

function withoutUndefined(draft: Draft): Draft {
  return Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== undefined));
}

function textOf(value: Writable): string {
  return typeof value === "string" ? value : "";
}

function isList(value: Writable): value is readonly Writable[] {
  return Array.isArray(value);
}

function isDraft(value: Writable): value is Draft {
  return typeof value === "object" && value !== null && !isList(value);
}
