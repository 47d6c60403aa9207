import { FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Decoded, Frame, Step } from "../../core/dialect.ts";
import { malformed } from "../../core/fault.ts";
import { intAt, isObject, type JsonObject, objectAt, parseJson, stringAt } from "../../core/json.ts";
import { type Body, mergeMembers, unknownMembers } from "../../core/json-members.ts";
import { writeJson } from "../../core/json-write.ts";
import { extrasSet, finish, messageStart, usageEvent } from "../../core/make-events.ts";
import { memberSource, type Source, wholeSource } from "../../core/source-slice.ts";
import { frameFault } from "./error.ts";
import { finishReasonOf } from "./finish-reason.ts";
import { familyOf } from "./model-traits.ts";
import { stopSequenceOf, tierOf } from "./response.ts";
import { addToBlock, beginBlock, beginByDelta, endBlock, fits, type OpenBlock } from "./stream-block.ts";
import { decodeUsage } from "./usage.ts";
import { DIALECT } from "./wire.ts";

/** What is known of a stream between two frames. Never changed in place. */
export interface StreamState {
  /** Claude answers. */
  readonly claude: boolean;
  readonly started: boolean;
  /** messageStop was seen, after which only metadata follows. */
  readonly stopped: boolean;
  readonly parts: number;
  readonly open: readonly OpenBlock[];
  readonly structured: boolean;
  readonly toolCalls: boolean;
  /** Members of the answer that only this dialect has, so far; "" for none. */
  readonly extras: string;
}

/** The state before the first frame. */
export function begin(model = ""): StreamState {
  const claude = familyOf(model.toLowerCase()) === "claude";
  const nothing = { parts: 0, open: [], structured: false, toolCalls: false, extras: "" };
  return { claude, started: false, stopped: false, ...nothing };
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
    return { ok: false, fault: malformed("the vendor's stream holds an event that is not a JSON object") };
  }
  const json = parsed.value;
  const source = wholeSource(frame.data);
  const progress = started(state);
  switch (frame.event) {
    case "contentBlockStart":
      return startBlock(progress, json, source);
    case "contentBlockDelta":
      return addDelta(progress, json, source);
    case "contentBlockStop":
      return stopBlock(progress, json);
    case "messageStop":
      return stopMessage(progress, json, source);
    case "metadata":
      return tellMetadata(progress, json, source);
    default:
      return { ok: true, ...progress };
  }
}

/** Whether a block has begun that is told only when it is whole: a picture, or what the contract does not model. */
export function begun({ open }: StreamState): boolean {
  return open.some(({ kind, name }) => kind === "image" || (kind === "opaque" && name !== ""));
}

/** The end of the bytes: well only where the vendor said so. */
export function end(state: StreamState): Decoded<readonly Event[]> {
  if (state.stopped) return { ok: true, value: [] };
  return {
    ok: false,
    fault: { reason: ErrorReason.UPSTREAM_CUT, message: "the vendor's stream ended before messageStop" },
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

interface Progress {
  readonly state: StreamState;
  readonly events: Event[];
}

/** The vendor tells neither an id nor the model. */
function started(state: StreamState): Progress {
  if (state.started) return { state, events: [] };
  return { state: { ...state, started: true }, events: [messageStart("", "", "")] };
}

function startBlock({ state, events }: Progress, json: JsonObject, source: Source): Step<StreamState> {
  const index = intAt(json, "contentBlockIndex") ?? state.parts;
  const step = beginBlock(index, state.parts, objectAt(json, "start") ?? {}, memberSource(source, "start"));
  const before = state.open.filter((block) => block.index === index).flatMap(endBlock);
  return { ok: true, state: opened(state, step.block), events: [...events, ...before, ...step.events] };
}

/** The state with a block that begins in the place of whatever was open under its number. */
function opened(state: StreamState, block: OpenBlock): StreamState {
  return {
    ...state,
    parts: state.parts + 1,
    open: [...state.open.filter((other) => other.index !== block.index), block],
    structured: state.structured || block.kind === "structured",
    toolCalls: state.toolCalls || block.kind === "tool",
  };
}

function addDelta(progress: Progress, json: JsonObject, source: Source): Step<StreamState> {
  const delta = objectAt(json, "delta");
  if (delta === undefined) return { ok: true, ...progress };
  const index = intAt(json, "contentBlockIndex") ?? progress.state.open.at(-1)?.index ?? 0;
  const present = progress.state.open.find((block) => block.index === index);
  const { state, events } =
    present === undefined || !fits(present, delta) ? beginAnew(progress, index, present, delta) : progress;
  const block = state.open.find((candidate) => candidate.index === index);
  if (block === undefined) return { ok: true, state, events };
  const step = addToBlock(block, delta, memberSource(source, "delta"), state.claude);
  const all = events.length === 0 ? step.events : [...events, ...step.events];
  if (step.block === block) return { ok: true, state, events: all };
  const open = state.open.map((candidate) => (candidate === block ? step.block : candidate));
  return { ok: true, state: { ...state, open }, events: all };
}

function beginAnew(
  { state, events }: Progress,
  index: number,
  before: OpenBlock | undefined,
  delta: JsonObject,
): Progress {
  const block = beginByDelta(index, state.parts, delta);
  const all = before === undefined ? events : [...events, ...endBlock(before)];
  return { state: opened(state, block), events: all };
}

function stopBlock({ state, events }: Progress, json: JsonObject): Step<StreamState> {
  const index = intAt(json, "contentBlockIndex") ?? state.open.at(-1)?.index;
  const block = state.open.find((candidate) => candidate.index === index);
  if (block === undefined) return { ok: true, state, events };
  const open = state.open.filter((other) => other !== block);
  return { ok: true, state: { ...state, open }, events: [...events, ...endBlock(block)] };
}

const STOP_MEMBERS: ReadonlySet<string> = new Set(["stopReason", "p"]);

/** The answer is complete; usage follows in a frame of its own. */
function stopMessage({ state, events }: Progress, json: JsonObject, source: Source): Step<StreamState> {
  const all = [...events, ...state.open.flatMap(endBlock)];
  const extras = mergeExtras(state.extras, unknownMembers(json, source, STOP_MEMBERS));
  if (extras !== state.extras) all.push(extrasSet(DIALECT, extras));
  const word = stringAt(json, "stopReason") ?? "";
  const reason = word === "" ? FinishReason.UNSPECIFIED : finishReasonOf(word, state.structured, state.toolCalls);
  all.push(finish(reason, word, stopSequenceOf(json)));
  return { ok: true, state: { ...state, open: [], stopped: true, extras }, events: all };
}

/** `p` is padding, which hides the lengths of frames. */
const METADATA_MEMBERS: ReadonlySet<string> = new Set(["usage", "serviceTier", "p"]);

function tellMetadata({ state, events }: Progress, json: JsonObject, source: Source): Step<StreamState> {
  const all = [...events];
  const usage = objectAt(json, "usage");
  if (usage !== undefined) all.push(usageEvent(decodeUsage(usage, memberSource(source, "usage"), tierOf(json))));
  const extras = mergeExtras(state.extras, unknownMembers(json, source, METADATA_MEMBERS));
  if (extras !== state.extras) all.push(extrasSet(DIALECT, extras));
  return { ok: true, state: { ...state, extras }, events: all };
}

function mergeExtras(earlier: string, added: string): string {
  if (added === "" || earlier === "") return earlier + added;
  const body: Body = {};
  mergeMembers(body, earlier);
  mergeMembers(body, added);
  return writeJson(body);
}
