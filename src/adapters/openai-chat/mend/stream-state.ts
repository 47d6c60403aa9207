import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import { appendAll } from "../../../core/append-all.ts";
import type { PassContext } from "../../../core/pass-context.ts";
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

/** Members of several deltas in one: texts are joined, lists grow, a fragment joins its call. */
function mergeDeltas(deltas: readonly Draft[]): Draft {
  const texts: Record<string, string> = {};
  const lists: Record<string, Writable[]> = {};
  const others: Record<string, Writable> = {};
  for (const delta of deltas) {
    for (const [key, value] of Object.entries(delta)) {
      if (typeof value === "string") texts[key] = (texts[key] ?? "") + value;
      else if (isList(value)) {
        lists[key] ??= [];
        appendAll(lists[key], value);
      } else others[key] = value;
    }
  }
  const { tool_calls: calls } = lists;
  return {
    ...others,
    ...texts,
    ...lists,
    ...(calls === undefined ? undefined : { tool_calls: joinFragments(calls) }),
  };
}

/** Fragments of one call in a row become one. */
function joinFragments(fragments: readonly Writable[]): readonly Writable[] {
  const joined: Fragment[] = [];
  for (const fragment of fragments) {
    if (!isDraft(fragment)) continue;
    const body = fragment.custom === undefined ? "function" : "custom";
    const member = body === "function" ? "arguments" : "input";
    const words = isDraft(fragment[body]) ? fragment[body] : {};
    const input = typeof words[member] === "string" ? words[member] : "";
    const last = joined.at(-1);
    if (last === undefined || last.call.index !== fragment.index) {
      joined.push({ call: fragment, body, member, words, input });
      continue;
    }
    last.input += input;
    last.call = { ...last.call, ...definedOf(fragment) };
  }
  return joined.map(({ call, body, member, words, input }) => ({
    ...call,
    [body]: { ...words, [member]: input },
  }));
}

interface Fragment {
  call: Draft;
  readonly body: string;
  readonly member: string;
  readonly words: Draft;
  input: string;
}

function definedOf(draft: Draft): Draft {
  return Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== undefined));
}

function isList(value: Writable): value is readonly Writable[] {
  return Array.isArray(value);
}

function isDraft(value: Writable): value is Draft {
  return typeof value === "object" && value !== null && !isList(value);
}
