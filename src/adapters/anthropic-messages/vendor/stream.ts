import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Decoded, Frame, Step } from "../../../core/dialect.ts";
import { isDone } from "../../../core/dispatch/done-mark.ts";
import { malformed } from "../../../core/faults/fault.ts";
import {
  extrasSet,
  finish,
  messageStart,
  textDelta,
  usageEvent,
} from "../../../events/make-events.ts";
import { asBuffer, intAt, isObject, objectAt, parseJson, stringAt } from "../../../json/json.ts";
import { unknownTexts } from "../../../json/members.ts";
import { memberSource, noSource, wholeSource } from "../../../json/source-slice.ts";
import { type AlikeFrames, createAlikeFrames } from "../../shared/answers/alike-frames.ts";
import type { EventWork } from "../../shared/event-work.ts";
import {
  addExtras,
  createExtras,
  type GrowingExtras,
  takeUntold,
} from "../../shared/growing-extras.ts";
import {
  createOpenBlocks,
  latestIndex,
  type OpenBlocks,
  openBlock,
  takeBlocks,
} from "../../shared/open-blocks.ts";
import { blocksFault } from "../content-part.ts";
import { messageFinish } from "../finish-reason.ts";
import { wordedDelta } from "../mend/stream-part.ts";
import {
  addWireUsage,
  createWireUsage,
  decodeUsage,
  tellUsage,
  untoldUsage,
  type WireUsage,
} from "../usage.ts";
import { DIALECT } from "../wire.ts";
import { faultOf } from "./error.ts";
import { MESSAGE_MEMBERS } from "./response.ts";
import { addToBlock, beginBlock, blockOfDelta, endBlock, type OpenBlock } from "./stream-part.ts";

/** What is known of a stream between two frames: the stream's own, changed in place. */
export interface StreamState {
  started: boolean;
  finished: boolean;
  /** The dialect's own end was seen. */
  ended: boolean;
  parts: number;
  readonly open: OpenBlocks<OpenBlock>;
  toolCalls: boolean;
  readonly usage: WireUsage;
  /** Members of the message that only this dialect has. */
  readonly extras: GrowingExtras;
  readonly alike: AlikeFrames;
}

/** The state before the first frame. */
export function begin(): StreamState {
  return {
    started: false,
    finished: false,
    ended: false,
    parts: 0,
    open: createOpenBlocks(),
    toolCalls: false,
    usage: createWireUsage(),
    extras: createExtras(),
    alike: createAlikeFrames("text"),
  };
}

/** Whether an event is a ping; without an event name its data tell, which are short. */
export function keepsAlive({ event, data }: Frame): boolean {
  return (
    event === "ping" || (event === "" && data.length < 64 && asBuffer(data).includes('"ping"'))
  );
}

/**
 * One event of a stream. Pings and events of the future are nothing; vendors that leave out the
 * start of the message or of a block are understood. See
 * https://platform.claude.com/docs/en/build-with-claude/streaming.
 */
export function decodeEvent(state: StreamState, frame: Frame): Step<StreamState> {
  if (isDone(frame.data)) return { ok: true, state, events: close(state) };
  if (frame.event === "ping" || frame.data.length === 0) return { ok: true, state, events: [] };
  const said = state.alike.textOf(frame);
  if (said !== undefined) return { ok: true, state, events: [textDelta(said.part, said.text)] };
  const parsed = parseJson(frame.data);
  if (!parsed.ok || !isObject(parsed.value)) {
    return {
      ok: false,
      fault: malformed("the vendor's stream holds an event that is not a JSON object"),
    };
  }
  const json = parsed.value;
  const type = stringAt(json, "type") ?? frame.event;
  if (type === "error" || (frame.event === "error" && !KNOWN_EVENTS.has(type))) {
    return { ok: false, fault: faultOf(json) };
  }
  const fault =
    type === "content_block_start" ? blocksFault([json.content_block ?? null]) : undefined;
  if (fault !== undefined) return { ok: false, fault };
  const events: Event[] = [];
  decodeTyped(state, type, { json, source: wholeSource(frame.data), events });
  // Any other event that brings a text begins something, each time anew.
  state.alike.note(frame, type === "content_block_delta" ? events : []);
  return { ok: true, state, events };
}

/**
 * Whether a block has begun that is emitted only when it is whole, such as the use of a tool of the
 * vendor's own.
 */
export function begun({ open }: StreamState): boolean {
  for (const { kind } of open.byIndex.values()) if (kind === "opaque") return true;
  return false;
}

/** The end of the bytes: well only where the vendor said so, or why the message stopped. */
export function end(state: StreamState): Decoded<readonly Event[]> {
  if (state.finished) return { ok: true, value: close(state) };
  const message = "the vendor's stream ended before message_stop";
  return { ok: false, fault: { reason: ErrorReason.UPSTREAM_CUT, message } };
}

const KNOWN_EVENTS: ReadonlySet<string> = new Set([
  "message_start",
  "content_block_start",
  "content_block_delta",
  "content_block_stop",
  "message_delta",
  "message_stop",
]);

function decodeTyped(state: StreamState, type: string, work: EventWork): void {
  switch (type) {
    case "message_start":
      startMessage(state, work);
      return;
    case "content_block_start":
      startBlock(state, work);
      return;
    case "content_block_delta":
      addDelta(state, work);
      return;
    case "content_block_stop":
      stopBlock(state, work);
      return;
    case "message_delta":
      changeMessage(state, work);
      return;
    case "message_stop":
      stopMessage(state, work.events);
      return;
  }
}

/** A message that begins without saying so has no id. */
function started(state: StreamState, events: Event[]): void {
  if (state.started) return;
  state.started = true;
  events.push(messageStart("", "", ""));
}

function startMessage(state: StreamState, { json, source, events }: EventWork): void {
  const message = objectAt(json, "message") ?? {};
  const messageSource = memberSource(source, "message");
  const usage = objectAt(message, "usage");
  const tier = usage === undefined ? "" : (stringAt(usage, "service_tier") ?? "");
  state.started = true;
  events.push(messageStart(stringAt(message, "id") ?? "", stringAt(message, "model") ?? "", tier));
  if (usage !== undefined) {
    addWireUsage(state.usage, usage);
    events.push(usageEvent(decodeUsage(usage, memberSource(messageSource, "usage"))));
  }
  tellExtras(state, unknownTexts(message, messageSource, MESSAGE_MEMBERS), events);
}

function tellExtras(
  state: StreamState,
  added: readonly (readonly [key: string, text: string])[],
  events: Event[],
): void {
  const extras = addExtras(state.extras, added);
  if (extras !== undefined) events.push(extrasSet(DIALECT, extras));
}

function startBlock(state: StreamState, { json, source, events }: EventWork): void {
  started(state, events);
  const content = objectAt(json, "content_block") ?? { type: "text" };
  const index = intAt(json, "index") ?? state.parts;
  const before = state.open.byIndex.get(index);
  if (before !== undefined) endBlock(before, events);
  beginAt(state, index, {
    json: content,
    source: memberSource(source, "content_block"),
    events,
  });
}

function beginAt(state: StreamState, index: number, work: EventWork): OpenBlock {
  const block = beginBlock(state.parts, work);
  state.parts += 1;
  state.toolCalls ||= block.kind === "tool";
  openBlock(state.open, index, block);
  return block;
}

/** Adds to a block; one whose beginning the vendor left out begins with what the delta is of. */
function addDelta(state: StreamState, { json, source, events }: EventWork): void {
  started(state, events);
  const sent = objectAt(json, "delta");
  if (sent === undefined) return;
  const deltaSource = memberSource(source, "delta");
  const delta = wordedDelta(sent, deltaSource);
  const index = intAt(json, "index") ?? latestIndex(state.open) ?? 0;
  const block =
    state.open.byIndex.get(index) ??
    beginAt(state, index, { json: blockOfDelta(delta), source: noSource, events });
  addToBlock(block, { json: delta, source: deltaSource, events });
}

function stopBlock(state: StreamState, { json, events }: EventWork): void {
  const index = intAt(json, "index") ?? latestIndex(state.open);
  const block = index === undefined ? undefined : state.open.byIndex.get(index);
  if (index === undefined || block === undefined) return;
  state.open.byIndex.delete(index);
  endBlock(block, events);
}

/** The end of the message: usage, members of this dialect, and why it stopped. */
function changeMessage(state: StreamState, { json, source, events }: EventWork): void {
  started(state, events);
  const delta = objectAt(json, "delta") ?? {};
  const usage = objectAt(json, "usage");
  const word = stringAt(delta, "stop_reason");
  if (word !== undefined) endBlocks(state, events);
  if (usage !== undefined) {
    addWireUsage(state.usage, usage);
    events.push(usageEvent(tellUsage(state.usage)));
  }
  const added = unknownTexts(delta, memberSource(source, "delta"), MESSAGE_MEMBERS);
  tellExtras(state, [...added, ...unknownTexts(json, source, DELTA_MEMBERS)], events);
  if (word === undefined) return;
  state.finished = true;
  const reason = messageFinish(word, state.toolCalls);
  events.push(finish(reason, word, stringAt(delta, "stop_sequence") ?? ""));
}

const DELTA_MEMBERS: ReadonlySet<string> = new Set(["type", "delta", "usage"]);

function stopMessage(state: StreamState, events: Event[]): void {
  started(state, events);
  endBlocks(state, events);
  const usage = untoldUsage(state.usage);
  if (usage !== undefined && !state.ended) events.push(usageEvent(usage));
  const extras = takeUntold(state.extras);
  if (extras !== undefined) events.push(extrasSet(DIALECT, extras));
  if (!state.finished) events.push(finish(messageFinish("", state.toolCalls), "", ""));
  state.finished = true;
  state.ended = true;
}

/** The end that the vendor left out, or put in words of another dialect. */
function close(state: StreamState): readonly Event[] {
  const events: Event[] = [];
  if (state.started && !state.ended) stopMessage(state, events);
  return events;
}

function endBlocks(state: StreamState, events: Event[]): void {
  for (const block of takeBlocks(state.open)) endBlock(block, events);
}
