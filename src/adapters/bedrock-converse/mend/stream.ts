import type { Decoded, Frame } from "../../../core/dialect.ts";
import { finishFault } from "../../../core/faults/finish-fault.ts";
import type { PassContext } from "../../../core/pass-context.ts";
import {
  asBuffer,
  intAt,
  isObject,
  type JsonObject,
  objectAt,
  stringAt,
} from "../../../json/json.ts";
import { decodeFinishReason, encodeFinishReason, isOwnWord } from "../finish-reason.ts";

/** Mends the events of one stream. */
export interface EventMender {
  /** Whether an event goes to the client as it is. One search for the deltas of a block. */
  flows(frame: Frame): boolean;
  /**
   * The event that a client gets: that very object where nothing is to mend. A reason to stop that
   * tells of a failure in a word of another dialect is a fault.
   */
  mend(type: string, event: JsonObject): Decoded<JsonObject>;
}

interface Mending {
  readonly context: PassContext;
  /** How many blocks have begun. */
  blocks: number;
  /** The number of the block that began last. */
  latest: number;
  calls: boolean;
}

/** A mender that has seen nothing. */
export function createEventMender(context: PassContext): EventMender {
  const state: Mending = { context, blocks: 0, latest: 0, calls: false };
  return {
    flows: ({ event, data }) => !EVENTS.has(event) || (event === DELTA && isPlain(data)),
    mend: (type, event) => mend(state, type, event),
  };
}

const DELTA = "contentBlockDelta";

const EVENTS: ReadonlySet<string> = new Set([
  "contentBlockStart",
  DELTA,
  "contentBlockStop",
  "messageStop",
]);

/** In JSON text a bare `"word"` before a colon can only be a key. */
function isPlain(data: Uint8Array): boolean {
  const text = asBuffer(data).toString("latin1");
  return text.includes('"contentBlockIndex"') && !/"(?:text|input)"\s*:\s*[^"\s]/.test(text);
}

function mend(state: Mending, type: string, event: JsonObject): Decoded<JsonObject> {
  switch (type) {
    case "contentBlockStart":
      return { ok: true, value: start(state, event) };
    case DELTA:
      return { ok: true, value: placed(state, mendDelta(event)) };
    case "messageStop":
      return stop(state, event);
    default:
      return { ok: true, value: placed(state, event) };
  }
}

function start(state: Mending, event: JsonObject): JsonObject {
  state.latest = intAt(event, "contentBlockIndex") ?? state.blocks;
  state.blocks += 1;
  const begun = placed(state, event);
  const call = objectAt(objectAt(event, "start") ?? {}, "toolUse");
  if (call === undefined) return begun;
  state.calls ||= call.type === undefined || call.type === "tool_use";
  if ((stringAt(call, "toolUseId") ?? "") !== "") return begun;
  const toolUseId = `tooluse_${state.context.callId}_${state.latest}`;
  return { ...begun, start: { toolUse: { ...call, toolUseId } } };
}

/** An event without a number is of the block that began last. */
function placed({ latest }: Mending, event: JsonObject): JsonObject {
  if (intAt(event, "contentBlockIndex") !== undefined) return event;
  return { ...event, contentBlockIndex: latest };
}

/** Input that is an object becomes the text that clients join. */
function mendDelta(event: JsonObject): JsonObject {
  const call = objectAt(objectAt(event, "delta") ?? {}, "toolUse");
  if (call === undefined || typeof call.input === "string") return event;
  const input = isObject(call.input) ? JSON.stringify(call.input) : "";
  return { ...event, delta: { toolUse: { ...call, input } } };
}

function stop({ calls }: Mending, event: JsonObject): Decoded<JsonObject> {
  const word = stringAt(event, "stopReason") ?? "";
  if (isOwnWord(word) && !(word === "end_turn" && calls)) return { ok: true, value: event };
  const reason = decodeFinishReason(word);
  const fault = finishFault({ reason, vendorReason: word });
  if (fault !== undefined) return { ok: false, fault };
  return { ok: true, value: { ...event, stopReason: encodeFinishReason(reason, word, calls) } };
}
