import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { appendAll } from "../../../core/append-all.ts";
import type { Decoded, Frame, Step } from "../../../core/dialect.ts";
import { malformed } from "../../../core/faults/fault.ts";
import { extrasSet, finish, messageStart, usageEvent } from "../../../events/make-events.ts";
import { intAt, isObject, objectAt, parseJson, stringAt } from "../../../json/json.ts";
import { type MemberText, unknownTexts } from "../../../json/members.ts";
import { memberSource, wholeSource } from "../../../json/source-slice.ts";
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
import { endOf } from "../finish-reason.ts";
import { decodeUsage } from "../usage.ts";
import { DIALECT } from "../wire.ts";
import { frameFault } from "./error.ts";
import { familyOf } from "./model-traits.ts";
import { stopSequenceOf, tierOf } from "./response.ts";
import {
  addToBlock,
  beginBlock,
  beginByDelta,
  endBlock,
  fits,
  type OpenBlock,
} from "./stream-part.ts";

/** What is known of a stream between two frames: the stream's own, changed in place. */
export interface StreamState {
  /** Claude answers. */
  readonly claude: boolean;
  started: boolean;
  /** messageStop was seen, after which only metadata follows. */
  stopped: boolean;
  parts: number;
  readonly open: OpenBlocks<OpenBlock>;
  /** Whether a block has begun that is emitted only when it is whole. */
  untold: boolean;
  toolCalls: boolean;
  /** Members of the answer that only this dialect has. */
  readonly extras: GrowingExtras;
}

/** The state before the first frame. */
export function begin(model = ""): StreamState {
  return {
    claude: familyOf(model.toLowerCase()) === "claude",
    started: false,
    stopped: false,
    parts: 0,
    open: createOpenBlocks(),
    untold: false,
    toolCalls: false,
    extras: createExtras(),
  };
}

/**
 * One frame of a stream. Frames of the future are nothing; an exception is a fault.
 * See https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html.
 */
export function decodeEvent(state: StreamState, frame: Frame): Step<StreamState> {
  const fault = frameFault(frame);
  if (fault !== undefined) return { ok: false, fault };
  if (!KNOWN_EVENTS.has(frame.event)) return { ok: true, state, events: [] };
  const parsed = parseJson(frame.data);
  if (!parsed.ok || !isObject(parsed.value)) {
    return {
      ok: false,
      fault: malformed("the vendor's stream holds an event that is not a JSON object"),
    };
  }
  const events: Event[] = [];
  const work = { json: parsed.value, source: wholeSource(frame.data), events };
  // The vendor tells neither an id nor the model.
  if (!state.started) events.push(messageStart("", "", ""));
  state.started = true;
  switch (frame.event) {
    case "contentBlockStart":
      startBlock(state, work);
      break;
    case "contentBlockDelta":
      addDelta(state, work);
      break;
    case "contentBlockStop":
      stopBlock(state, work);
      break;
    case "messageStop":
      stopMessage(state, work);
      break;
    case "metadata":
      tellMetadata(state, work);
      break;
  }
  return { ok: true, state, events };
}

/**
 * Whether a block has begun that is emitted only when it is whole: a picture, or what the contract
 * does not model.
 */
export function begun({ untold }: StreamState): boolean {
  return untold;
}

/** The end of the bytes: well only where the vendor said so. */
export function end(state: StreamState): Decoded<readonly Event[]> {
  if (state.stopped) {
    const extras = takeUntold(state.extras);
    return { ok: true, value: extras === undefined ? [] : [extrasSet(DIALECT, extras)] };
  }
  return {
    ok: false,
    fault: {
      reason: ErrorReason.UPSTREAM_CUT,
      message: "the vendor's stream ended before messageStop",
    },
  };
}

const KNOWN_EVENTS: ReadonlySet<string> = new Set([
  "messageStart",
  "contentBlockStart",
  "contentBlockDelta",
  "contentBlockStop",
  "messageStop",
  "metadata",
]);

function startBlock(state: StreamState, { json, source, events }: EventWork): void {
  const index = intAt(json, "contentBlockIndex") ?? state.parts;
  const before = state.open.byIndex.get(index);
  if (before !== undefined) appendAll(events, endBlock(before));
  open(
    state,
    beginBlock(index, state.parts, {
      json: objectAt(json, "start") ?? {},
      source: memberSource(source, "start"),
      events,
    }),
  );
}

/** A block begins in the place of whatever was open under its number. */
function open(state: StreamState, block: OpenBlock): void {
  const { kind, name } = block;
  openBlock(state.open, block.index, block);
  state.parts += 1;
  if (kind === "image" || (kind === "opaque" && name !== "")) state.untold = true;
  if (kind === "tool") state.toolCalls = true;
}

function addDelta(state: StreamState, { json, source, events }: EventWork): void {
  const delta = objectAt(json, "delta");
  if (delta === undefined) return;
  const index = intAt(json, "contentBlockIndex") ?? latestIndex(state.open) ?? 0;
  let block = state.open.byIndex.get(index);
  if (block === undefined || !fits(block, delta)) {
    if (block !== undefined) appendAll(events, endBlock(block));
    block = beginByDelta(index, state.parts, delta);
    open(state, block);
  }
  appendAll(events, addToBlock(block, delta, memberSource(source, "delta"), state.claude));
}

function stopBlock(state: StreamState, { json, events }: EventWork): void {
  const index = intAt(json, "contentBlockIndex") ?? latestIndex(state.open);
  const block = index === undefined ? undefined : state.open.byIndex.get(index);
  if (block === undefined) return;
  state.open.byIndex.delete(block.index);
  appendAll(events, endBlock(block));
}

const STOP_MEMBERS: ReadonlySet<string> = new Set(["stopReason", "p"]);

/** The answer is complete; usage follows in a frame of its own. */
function stopMessage(state: StreamState, { json, source, events }: EventWork): void {
  for (const block of takeBlocks(state.open)) appendAll(events, endBlock(block));
  tellExtras(state, unknownTexts(json, source, STOP_MEMBERS), events);
  const word = stringAt(json, "stopReason") ?? "";
  events.push(finish(endOf(word, state.toolCalls), word, stopSequenceOf(json)));
  state.stopped = true;
}

/** `p` is padding, which hides the lengths of frames. */
const METADATA_MEMBERS: ReadonlySet<string> = new Set(["usage", "serviceTier", "p"]);

function tellMetadata(state: StreamState, { json, source, events }: EventWork): void {
  const usage = objectAt(json, "usage");
  if (usage !== undefined)
    events.push(usageEvent(decodeUsage(usage, memberSource(source, "usage"), tierOf(json))));
  tellExtras(state, unknownTexts(json, source, METADATA_MEMBERS), events);
}

function tellExtras(state: StreamState, added: readonly MemberText[], events: Event[]): void {
  const extras = addExtras(state.extras, added);
  if (extras !== undefined) events.push(extrasSet(DIALECT, extras));
}
