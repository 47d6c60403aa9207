import { appendAll } from "../../../core/append-all.ts";
import type { Decoded, Frame } from "../../../core/dialect.ts";
import type { PassContext } from "../../../core/pass-context.ts";
import { intAt, type Json, type JsonObject, objectAt, stringAt } from "../../../json/json.ts";
import { memberSource, wholeSource } from "../../../json/source-slice.ts";
import { heldInput, takeInput } from "../../shared/answers/held-input.ts";
import {
  createOpenBlocks,
  latestIndex,
  type OpenBlocks,
  openBlock,
  takeBlocks,
} from "../../shared/open-blocks.ts";
import { createMessage, mendBlock, mendEnding, mendMessage } from "./response.ts";
import { fits, kindOf, type MendedBlock, typeOfDelta, wordedDelta } from "./stream-part.ts";

/** Mends the events of one stream. */
export interface MessageMender {
  /** Whether an event goes to the client as it is. Next to nothing for the deltas of a block. */
  flows(frame: Frame): boolean;
  /**
   * The events that a client gets in place of one: that very object alone where nothing is to mend.
   */
  mend(type: string, event: JsonObject, data: Uint8Array): Decoded<readonly JsonObject[]>;
  /** The end, where the vendor says by `[DONE]` that it is there. None where there was one. */
  close(): readonly JsonObject[];
  /** Whether the answer is whole: it has stopped for a reason, or has its end. */
  whole(): boolean;
  /** Whether the end itself is missing still. */
  lacksEnd(): boolean;
}

interface Mending {
  readonly context: PassContext;
  started: boolean;
  /** A reason to stop was sent. */
  stopped: boolean;
  ended: boolean;
  /** How many blocks have begun: the client's number of the next one. */
  blocks: number;
  /** By the vendor's numbers of them. */
  readonly open: OpenBlocks<MendedBlock>;
  calls: boolean;
  /** The last count of the answer's tokens. */
  outputTokens: Json;
}

/** A mender that has seen nothing. */
export function createMessageMender(context: PassContext): MessageMender {
  const state: Mending = {
    context,
    started: false,
    stopped: false,
    ended: false,
    blocks: 0,
    open: createOpenBlocks(),
    calls: false,
    outputTokens: 0,
  };
  return {
    flows: (frame) => flows(state, frame),
    mend: (type, event, data) => mend(state, type, event, data),
    close: () => (state.ended || !state.started ? [] : stop(state, END)),
    whole: () => state.stopped || state.ended,
    lacksEnd: () => !state.ended,
  };
}

const END = { type: "message_stop" };

/** The beginning of a delta as the vendor writes it, up to its words. */
const DELTA =
  /^\{\s*"type"\s*:\s*"content_block_delta"\s*,\s*"index"\s*:\s*(\d{1,9})\s*,\s*"delta"\s*:\s*\{\s*"type"\s*:\s*"(text|thinking|signature|input_json)_delta"\s*,\s*"(text|thinking|signature|partial_json)"\s*:\s*"/;

/** No delta begins with more than this before its words. */
const DELTA_BYTES = 160;

function flows({ open }: Mending, { event, data }: Frame): boolean {
  if (event !== "content_block_delta") return false;
  const text = Buffer.from(data.buffer, data.byteOffset, Math.min(data.length, DELTA_BYTES));
  const [, index, type = "", member = ""] = DELTA.exec(text.toString("latin1")) ?? [];
  const block = index === undefined ? undefined : open.byIndex.get(Number(index));
  if (block === undefined || !block.flows || block.index !== Number(index)) return false;
  if (type === "input_json") return block.kind === "tool" && member === "partial_json";
  const kind = type === "signature" ? "thinking" : type;
  return block.kind === kind && member === type;
}

function mend(
  state: Mending,
  type: string,
  event: JsonObject,
  data: Uint8Array,
): Decoded<readonly JsonObject[]> {
  const typed = event.type === type ? event : { ...event, type };
  switch (type) {
    case "message_start":
      return { ok: true, value: start(state, typed) };
    case "content_block_start":
      return { ok: true, value: [...begun(state), ...startBlock(state, typed, data)] };
    case "content_block_delta":
      return { ok: true, value: [...begun(state), ...addDelta(state, typed, data)] };
    case "content_block_stop":
      return { ok: true, value: stopBlock(state, typed) };
    case "message_delta":
      return change(state, typed);
    case "message_stop":
      return { ok: true, value: stop(state, typed) };
    default:
      return { ok: true, value: [typed] };
  }
}

/** A second beginning is left out, for clients take none. */
function start(state: Mending, event: JsonObject): readonly JsonObject[] {
  if (state.started) return [];
  state.started = true;
  const message = objectAt(event, "message") ?? {};
  count(state, message);
  const mended = mendMessage(message, state.context);
  return [mended === event.message ? event : { ...event, message: mended }];
}

function count(state: Mending, event: JsonObject): void {
  state.outputTokens = objectAt(event, "usage")?.output_tokens ?? state.outputTokens;
}

/** The beginning that the vendor left out. */
function begun(state: Mending): readonly JsonObject[] {
  if (state.started) return [];
  state.started = true;
  return [{ type: "message_start", message: createMessage(state.context) }];
}

function startBlock(state: Mending, event: JsonObject, data: Uint8Array): readonly JsonObject[] {
  const block = objectAt(event, "content_block") ?? { type: "text", text: "" };
  const place = intAt(event, "index") ?? state.blocks;
  const before = state.open.byIndex.get(place);
  const ended = before === undefined ? [] : endBlock(state, place, before);
  const id = `toolu_${state.context.callId}_${state.blocks}`;
  const { block: mended, input } = mendBlock(block, data, id);
  const opened = openAt(state, place, mended);
  const same = event.index === opened.index && mended === event.content_block;
  return [
    ...ended,
    same ? event : { ...event, index: opened.index, content_block: mended },
    ...inputEvents(opened.index, takeInput(opened, input)),
  ];
}

function openAt(state: Mending, place: number, json: JsonObject): MendedBlock {
  const kind = kindOf(json.type);
  const block: MendedBlock = { index: state.blocks, kind, flows: kind !== "tool", held: "" };
  state.blocks += 1;
  state.calls ||= json.type === "tool_use";
  openBlock(state.open, place, block);
  return block;
}

/** A delta whose block has not begun, or is of another kind, begins one. */
function addDelta(state: Mending, event: JsonObject, data: Uint8Array): readonly JsonObject[] {
  const sent = objectAt(event, "delta") ?? {};
  const delta = wordedDelta(sent, memberSource(wholeSource(data), "delta"));
  const place = intAt(event, "index") ?? latestIndex(state.open) ?? state.blocks;
  const known = state.open.byIndex.get(place);
  const opening: JsonObject[] = [];
  let block = known;
  if (block === undefined || !fits(block, delta)) {
    if (known !== undefined) appendAll(opening, endBlock(state, place, known));
    const type = typeOfDelta(delta) ?? "text";
    const empty = { type, ...EMPTY[type] };
    const id = `toolu_${state.context.callId}_${state.blocks}`;
    const { block: json } = mendBlock(empty, data, id);
    block = openAt(state, place, json);
    opening.push({ type: "content_block_start", index: block.index, content_block: json });
  }
  if (delta.type !== "input_json_delta" || block.kind !== "tool")
    return [...opening, placed(event, block.index, delta)];
  const piece = stringAt(delta, "partial_json") ?? "";
  const shown = takeInput(block, piece);
  if (shown === piece) return [...opening, placed(event, block.index, delta)];
  return [...opening, ...inputEvents(block.index, shown)];
}

const EMPTY = {
  text: { text: "" },
  thinking: { thinking: "", signature: "" },
  tool_use: { name: "", input: {} },
} as const;

function placed(event: JsonObject, index: number, delta: JsonObject): JsonObject {
  return event.index === index && event.delta === delta ? event : { ...event, index, delta };
}

function inputEvents(index: number, input: string): readonly JsonObject[] {
  if (input === "") return [];
  const delta = { type: "input_json_delta", partial_json: input };
  return [{ type: "content_block_delta", index, delta }];
}

/** The end of a block that has not begun, or has ended, is left out. */
function stopBlock(state: Mending, event: JsonObject): readonly JsonObject[] {
  const place = intAt(event, "index") ?? latestIndex(state.open);
  const block = place === undefined ? undefined : state.open.byIndex.get(place);
  if (place === undefined || block === undefined) return [];
  state.open.byIndex.delete(place);
  const held = inputEvents(block.index, heldInput(block));
  return [...held, event.index === block.index ? event : { ...event, index: block.index }];
}

function endBlock({ open }: Mending, place: number, block: MendedBlock): readonly JsonObject[] {
  open.byIndex.delete(place);
  return endings(block);
}

function endings(block: MendedBlock): readonly JsonObject[] {
  const { index } = block;
  return [...inputEvents(index, heldInput(block)), { type: "content_block_stop", index }];
}

/** All blocks end: nothing more can come to them. */
function endBlocks({ open }: Mending): readonly JsonObject[] {
  return takeBlocks(open).flatMap(endings);
}

function change(state: Mending, event: JsonObject): Decoded<readonly JsonObject[]> {
  count(state, event);
  const mended = mendEnding(event, state.calls);
  if (!mended.ok) return mended;
  const stops = (stringAt(objectAt(mended.value, "delta") ?? {}, "stop_reason") ?? "") !== "";
  const before = [...begun(state), ...(stops ? endBlocks(state) : [])];
  if (stops) state.stopped = true;
  return { ok: true, value: [...before, mended.value] };
}

/** The end, with what the vendor left out before it. */
function stop(state: Mending, event: JsonObject): readonly JsonObject[] {
  const before = [...begun(state), ...endBlocks(state)];
  if (!state.stopped) before.push(endingOf(state));
  state.stopped = true;
  state.ended = true;
  return [...before, event];
}

function endingOf({ calls, outputTokens }: Mending): JsonObject {
  return {
    type: "message_delta",
    delta: { stop_reason: calls ? "tool_use" : "end_turn", stop_sequence: null },
    usage: { output_tokens: outputTokens },
  };
}
