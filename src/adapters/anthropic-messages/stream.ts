import { FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { appendAll } from "../../core/append-all.ts";
import type { Decoded, Frame, Step } from "../../core/dialect.ts";
import { malformed } from "../../core/fault.ts";
import { intAt, isObject, type JsonObject, objectAt, parseJson, stringAt } from "../../core/json.ts";
import { type Body, mergeMembers, unknownMembers } from "../../core/json-members.ts";
import { writeJson } from "../../core/json-write.ts";
import { extrasSet, finish, messageStart, usageEvent } from "../../core/make-events.ts";
import { memberSource, type Source, wholeSource } from "../../core/source-slice.ts";
import { faultOf } from "./error.ts";
import { finishReasonOf, MESSAGE_MEMBERS } from "./response.ts";
import { addToBlock, beginBlock, blockOfDelta, endBlock, type OpenBlock } from "./stream-block.ts";
import { decodeUsage, mergeWireUsage } from "./usage.ts";
import { DIALECT } from "./wire.ts";

/** What is known of a stream between two frames. Never changed in place. */
export interface StreamState {
  readonly started: boolean;
  readonly finished: boolean;
  /** The dialect's own end was seen. */
  readonly ended: boolean;
  readonly parts: number;
  readonly open: readonly OpenBlock[];
  readonly structured: boolean;
  readonly toolCalls: boolean;
  /** Usage as told so far. */
  readonly usage: JsonObject | undefined;
  /** Members of the message that only this dialect has, so far; "" for none. */
  readonly extras: string;
}

/** The state before the first frame. */
export function begin(): StreamState {
  return {
    started: false,
    finished: false,
    ended: false,
    parts: 0,
    open: [],
    structured: false,
    toolCalls: false,
    usage: undefined,
    extras: "",
  };
}

/**
 * One event of a stream. Pings and events of the future are nothing; vendors that leave out the start of the message or of a
 * block are understood. See https://platform.claude.com/docs/en/build-with-claude/streaming.
 */
export function decodeEvent(state: StreamState, frame: Frame): Step<StreamState> {
  if (frame.event === "ping" || frame.data.length === 0 || isDone(frame.data)) return { ok: true, state, events: [] };
  const parsed = parseJson(frame.data);
  if (!parsed.ok || !isObject(parsed.value)) {
    return { ok: false, fault: malformed("the vendor's stream holds an event that is not a JSON object") };
  }
  const json = parsed.value;
  const source = wholeSource(frame.data);
  switch (stringAt(json, "type") ?? frame.event) {
    case "message_start":
      return startMessage(state, json, source);
    case "content_block_start":
      return startBlock(started(state), json, source);
    case "content_block_delta":
      return addDelta(started(state), json, source);
    case "content_block_stop":
      return stopBlock(state, json);
    case "message_delta":
      return changeMessage(started(state), json, source);
    case "message_stop":
      return stopMessage(started(state));
    case "error":
      return { ok: false, fault: faultOf(json) };
    default:
      return frame.event === "error" ? { ok: false, fault: faultOf(json) } : { ok: true, state, events: [] };
  }
}

/** The end of the bytes: well only where the vendor said so. */
export function end(state: StreamState): Decoded<readonly Event[]> {
  if (state.ended) return { ok: true, value: [] };
  const message = "the vendor's stream ended before message_stop";
  return { ok: false, fault: { reason: ErrorReason.UPSTREAM_CUT, message } };
}

interface Progress {
  readonly state: StreamState;
  readonly events: Event[];
}

/** A message that begins without saying so has no id. */
function started(state: StreamState): Progress {
  if (state.started) return { state, events: [] };
  return { state: { ...state, started: true }, events: [messageStart("", "", "")] };
}

function startMessage(state: StreamState, json: JsonObject, source: Source): Step<StreamState> {
  const message = objectAt(json, "message") ?? {};
  const messageSource = memberSource(source, "message");
  const usage = objectAt(message, "usage");
  const extras = unknownMembers(message, messageSource, MESSAGE_MEMBERS);
  const tier = usage === undefined ? "" : (stringAt(usage, "service_tier") ?? "");
  const events = [messageStart(stringAt(message, "id") ?? "", stringAt(message, "model") ?? "", tier)];
  if (usage !== undefined) events.push(usageEvent(decodeUsage(usage, memberSource(messageSource, "usage"))));
  if (extras !== "") events.push(extrasSet(DIALECT, extras));
  const next = { ...state, started: true, usage: usage ?? state.usage, extras: extras === "" ? state.extras : extras };
  return { ok: true, state: next, events };
}

function startBlock({ state, events }: Progress, json: JsonObject, source: Source): Step<StreamState> {
  const content = objectAt(json, "content_block") ?? { type: "text" };
  const index = intAt(json, "index") ?? state.parts;
  const step = beginBlock(index, state.parts, content, memberSource(source, "content_block"));
  const closed = state.open.filter((block) => block.index === index).flatMap(endBlock);
  const next: StreamState = {
    ...state,
    parts: state.parts + 1,
    open: [...state.open.filter((block) => block.index !== index), step.block],
    structured: state.structured || step.block.kind === "structured",
    toolCalls: state.toolCalls || step.block.kind === "tool",
  };
  return { ok: true, state: next, events: [...events, ...closed, ...step.events] };
}

function addDelta(progress: Progress, json: JsonObject, source: Source): Step<StreamState> {
  const delta = objectAt(json, "delta");
  if (delta === undefined) return { ok: true, ...progress };
  const index = intAt(json, "index") ?? progress.state.open.at(-1)?.index ?? 0;
  const block = progress.state.open.find((candidate) => candidate.index === index);
  if (block === undefined) return addToUnbegun(progress, index, json, delta, source);
  const { state, events } = progress;
  const step = addToBlock(block, delta, memberSource(source, "delta"));
  const all = events.length === 0 ? step.events : [...events, ...step.events];
  if (step.block === block) return { ok: true, state, events: all };
  const open = state.open.map((candidate) => (candidate === block ? step.block : candidate));
  return { ok: true, state: { ...state, open }, events: all };
}

function addToUnbegun(
  progress: Progress,
  index: number,
  json: JsonObject,
  delta: JsonObject,
  source: Source,
): Step<StreamState> {
  const begun = startBlock(progress, { index, content_block: blockOfDelta(delta) }, () => undefined);
  if (!begun.ok) return begun;
  return addDelta({ state: begun.state, events: [...begun.events] }, { ...json, index }, source);
}

function stopBlock(state: StreamState, json: JsonObject): Step<StreamState> {
  const index = intAt(json, "index") ?? state.open.at(-1)?.index;
  const block = state.open.find((candidate) => candidate.index === index);
  if (block === undefined) return { ok: true, state, events: [] };
  return {
    ok: true,
    state: { ...state, open: state.open.filter((other) => other !== block) },
    events: endBlock(block),
  };
}

/** The end of the message is told: usage, members of this dialect, and why it stopped. */
function changeMessage({ state, events }: Progress, json: JsonObject, source: Source): Step<StreamState> {
  const delta = objectAt(json, "delta") ?? {};
  const told = objectAt(json, "usage");
  const usage = told === undefined ? state.usage : mergeWireUsage(state.usage, told);
  const extras = mergeExtras(
    state.extras,
    unknownMembers(delta, memberSource(source, "delta"), MESSAGE_MEMBERS),
    unknownMembers(json, source, DELTA_MEMBERS),
  );
  const word = stringAt(delta, "stop_reason");
  const all = [...events];
  if (word !== undefined) for (const block of state.open) appendAll(all, endBlock(block));
  if (told !== undefined && usage !== undefined) all.push(usageEvent(decodeUsage(usage)));
  if (extras !== state.extras) all.push(extrasSet(DIALECT, extras));
  const next = { ...state, usage, extras };
  if (word === undefined) return { ok: true, state: next, events: all };
  const reason = finishReasonOf(word, state.structured, state.toolCalls);
  all.push(finish(reason, word, stringAt(delta, "stop_sequence") ?? ""));
  return { ok: true, state: { ...next, open: [], finished: true }, events: all };
}

const DELTA_MEMBERS: ReadonlySet<string> = new Set(["type", "delta", "usage"]);

function stopMessage({ state, events }: Progress): Step<StreamState> {
  const all = [...events, ...state.open.flatMap(endBlock)];
  if (!state.finished) all.push(finish(FinishReason.UNSPECIFIED, "", ""));
  return { ok: true, state: { ...state, open: [], finished: true, ended: true }, events: all };
}

function mergeExtras(...texts: readonly string[]): string {
  const set = texts.filter((text) => text !== "");
  if (set.length < 2) return set[0] ?? "";
  const body: Body = {};
  for (const text of set) mergeMembers(body, text);
  return writeJson(body);
}

/** Some vendors of this dialect end with the `[DONE]` of another. */
function isDone(data: Uint8Array): boolean {
  return data[0] === 0x5b && data.length <= 8;
}
