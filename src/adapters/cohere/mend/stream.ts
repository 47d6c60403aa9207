import { appendAll } from "../../../core/append-all.ts";
import type { Frame } from "../../../core/dialect.ts";
import type { PassContext } from "../../../core/pass-context.ts";
import {
  asBuffer,
  intAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  stringAt,
} from "../../../json/json.ts";
import { heldInput, takeInput } from "../../shared/answers/held-input.ts";
import { mendCounts } from "../../shared/answers/mend-counts.ts";
import {
  createOpenBlocks,
  latestIndex,
  type OpenBlocks,
  openBlock,
  takeBlocks,
} from "../../shared/open-blocks.ts";
import { callOf, contentOf, inputOf } from "../vendor/deviation.ts";
import { beginPart, type MendedPart, mendedWord, ofMessage } from "./part.ts";

/** Mends the events of one stream of v2. */
export interface EventMender {
  /** Whether an event goes to the client as it is. Next to nothing for deltas. */
  flows(frame: Frame): boolean;
  /** The events that a client gets in place of one: that very object where nothing is to mend. */
  mend(type: string, event: JsonObject): readonly JsonObject[];
  /** The end, where the vendor says by `[DONE]` that it is there. None where there was one. */
  close(): readonly JsonObject[];
}

interface Mending {
  readonly context: PassContext;
  started: boolean;
  ended: boolean;
  /** How many contents and calls have begun: the client's numbers of the next ones. */
  contents: number;
  calls: number;
  /** By the vendor's numbers of them. */
  readonly content: OpenBlocks<MendedPart>;
  readonly call: OpenBlocks<MendedPart>;
}

/** A mender that has seen nothing. */
export function createEventMender(context: PassContext): EventMender {
  const state: Mending = {
    context,
    started: false,
    ended: false,
    contents: 0,
    calls: 0,
    content: createOpenBlocks(),
    call: createOpenBlocks(),
  };
  return {
    flows: (frame) => flows(state, frame),
    mend: (type, event) => mend(state, type, event),
    close: () => (state.started && !state.ended ? end(state, { type: "message-end" }) : []),
  };
}

/** A delta as the vendor writes it, up to its words. */
const DELTA =
  /^\{\s*"type"\s*:\s*"(content|tool-call)-delta"\s*,\s*"index"\s*:\s*(\d{1,9})\s*,\s*"delta"\s*:\s*\{\s*"message"\s*:\s*\{\s*(?:"content"\s*:\s*\{\s*"(?:text|thinking)"|"tool_calls"\s*:\s*\{\s*"function"\s*:\s*\{\s*"arguments")\s*:\s*"/;

/** No delta begins with more than this before its words. */
const DELTA_BYTES = 192;

function flows({ content, call }: Mending, { data }: Frame): boolean {
  const start = asBuffer(data).toString("latin1", 0, Math.min(data.length, DELTA_BYTES));
  const [, kind, index] = DELTA.exec(start) ?? [];
  if (kind === undefined) return false;
  const part = (kind === "content" ? content : call).byIndex.get(Number(index));
  return part?.flows === true && part.index === Number(index);
}

function mend(state: Mending, type: string, event: JsonObject): readonly JsonObject[] {
  switch (type) {
    case "message-start":
      state.started = true;
      return [event];
    case "content-start":
      return [...begun(state), ...startContent(state, event)];
    case "content-delta":
      return [...begun(state), ...addContent(state, event)];
    case "content-end":
      return endPart(state.content, event);
    case "tool-call-start":
      return [...begun(state), ...startCall(state, event)];
    case "tool-call-delta":
      return [...begun(state), ...addToCall(state, event)];
    case "tool-call-end":
      return endPart(state.call, event);
    case "message-end":
      return [...begun(state), ...end(state, event)];
    default:
      return [event];
  }
}

/** The beginning that the vendor left out. */
function begun(state: Mending): readonly JsonObject[] {
  if (state.started) return [];
  state.started = true;
  const message = { role: "assistant", content: [], tool_plan: "", tool_calls: [], citations: [] };
  return [{ type: "message-start", id: state.context.callId, delta: { message } }];
}

function messageOf(event: JsonObject): JsonObject {
  return objectAt(objectAt(event, "delta") ?? {}, "message") ?? {};
}

function startContent(state: Mending, event: JsonObject): readonly JsonObject[] {
  const { content: sent } = messageOf(event);
  const content = contentOf(sent);
  const place = intAt(event, "index") ?? state.contents;
  const before = replacedPart(state.content, place);
  const part = beginPart("content", state.contents);
  state.contents += 1;
  openBlock(state.content, place, part);
  const typed = content.type === undefined ? { type: "text", ...content } : content;
  const same = typed === sent && event.index === part.index;
  return [...before, same ? event : ofMessage(event, part.index, { content: typed })];
}

/** A part that is open under the number of another has ended. */
function replacedPart(open: OpenBlocks<MendedPart>, place: number): readonly JsonObject[] {
  const before = open.byIndex.get(place);
  if (before === undefined) return [];
  open.byIndex.delete(place);
  return endings(before);
}

function addContent(state: Mending, event: JsonObject): readonly JsonObject[] {
  const { content: sent } = messageOf(event);
  const content = contentOf(sent);
  const opening: JsonObject[] = [];
  let part = findPart(state.content, event);
  if (part === undefined) {
    const type = content.thinking === undefined ? "text" : "thinking";
    const place = intAt(event, "index") ?? state.contents;
    part = beginPart("content", state.contents);
    state.contents += 1;
    openBlock(state.content, place, part);
    const empty = { content: { type, [type]: "" } };
    opening.push(ofMessage({ type: "content-start" }, part.index, empty));
  }
  const same = content === sent && event.index === part.index;
  return [...opening, same ? event : ofMessage(event, part.index, { content })];
}

function findPart(open: OpenBlocks<MendedPart>, event: JsonObject): MendedPart | undefined {
  const place = intAt(event, "index") ?? latestIndex(open);
  return place === undefined ? undefined : open.byIndex.get(place);
}

function startCall(state: Mending, event: JsonObject): readonly JsonObject[] {
  const { tool_calls: sent } = messageOf(event);
  const place = intAt(event, "index") ?? state.calls;
  const before = replacedPart(state.call, place);
  const part = beginPart("call", state.calls);
  state.calls += 1;
  openBlock(state.call, place, part);
  const call = callOf(messageOf(event));
  const made = objectAt(call, "function") ?? {};
  const shown = takeInput(part, inputOf(made));
  const whole =
    call === sent &&
    event.index === part.index &&
    (stringAt(call, "id") ?? "") !== "" &&
    stringAt(made, "name") !== undefined &&
    made.arguments === shown;
  if (whole) return [...before, event];
  const id = stringAt(call, "id") || `call_${state.context.callId}_${part.index}`;
  const named = { ...made, name: stringAt(made, "name") ?? "", arguments: shown };
  const mended: Json = { ...call, id, type: call.type ?? "function", function: named };
  return [...before, ofMessage(event, part.index, { tool_calls: mended })];
}

function addToCall(state: Mending, event: JsonObject): readonly JsonObject[] {
  const part = findPart(state.call, event);
  if (part === undefined) return startCall(state, { ...event, type: "tool-call-start" });
  const { tool_calls: sent } = messageOf(event);
  const made = objectAt(callOf(messageOf(event)), "function") ?? {};
  const piece = inputOf(made);
  const shown = takeInput(part, piece);
  if (shown === "" && piece !== "") return [];
  const same = event.index === part.index && isObject(sent) && made.arguments === shown;
  return [same ? event : inputDelta(part, shown)];
}

function inputDelta({ index }: MendedPart, input: string): JsonObject {
  const tool_calls = { function: { arguments: input } };
  return ofMessage({ type: "tool-call-delta" }, index, { tool_calls });
}

/** The end of a part that has not begun, or has ended, is left out. */
function endPart(open: OpenBlocks<MendedPart>, event: JsonObject): readonly JsonObject[] {
  const place = intAt(event, "index") ?? latestIndex(open);
  const part = place === undefined ? undefined : open.byIndex.get(place);
  if (place === undefined || part === undefined) return [];
  open.byIndex.delete(place);
  const same = event.index === part.index;
  return [...heldDelta(part), same ? event : { ...event, index: part.index }];
}

/** Input that was held back; a call without any takes an empty object. */
function heldDelta(part: MendedPart): readonly JsonObject[] {
  if (part.kind === "content" || part.flows) return [];
  return [inputDelta(part, heldInput(part) || "{}")];
}

function endings(part: MendedPart): readonly JsonObject[] {
  const type = part.kind === "content" ? "content-end" : "tool-call-end";
  return [...heldDelta(part), { type, index: part.index }];
}

function end(state: Mending, event: JsonObject): readonly JsonObject[] {
  const events: JsonObject[] = [];
  for (const open of [state.content, state.call])
    for (const part of takeBlocks(open)) appendAll(events, endings(part));
  state.ended = true;
  const delta = objectAt(event, "delta") ?? {};
  const word = stringAt(delta, "finish_reason") ?? "";
  const own = mendedWord(word, state.calls > 0);
  const usage = objectAt(delta, "usage");
  const counted = usage === undefined ? undefined : mendCounts(usage, "_tokens");
  const same = own === word && counted === usage;
  const spent = counted === undefined ? undefined : { usage: counted };
  return [
    ...events,
    same ? event : { ...event, delta: { ...delta, finish_reason: own, ...spent } },
  ];
}
