import type { FinishReason } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event, MessageStart } from "../../../../gen/parlance/chat/v1/event_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Decoded, Frame, Step } from "../../../core/dialect.ts";
import { isDone } from "../../../core/dispatch/done-mark.ts";
import { type Fault, malformed } from "../../../core/faults/fault.ts";
import { MAX_CHOICES } from "../../../events/answer-limits.ts";
import {
  intAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  parseJson,
  stringAt,
} from "../../../json/json.ts";
import { noteSources, sendSources } from "../citation.ts";
import { addFilterResults, printFilterResults } from "../filter-results.ts";
import { choiceFinish } from "../finish-reason.ts";
import { decodeLogprobs } from "../logprobs.ts";
import { decodeUsage, findUsage } from "../usage.ts";
import { extrasOf, NAME } from "../wire.ts";
import { decodeErrorObject, isErrorObject } from "./error.ts";
import { addText, decodeContent, endText } from "./stream-part.ts";
import { decodeReasoning } from "./stream-reasoning.ts";
import {
  type ChatStreamState,
  choiceAt,
  emit,
  emitStart,
  type FrameWork,
  isTooLong,
} from "./stream-state.ts";
import { decodeToolCalls } from "./stream-tools.ts";

/**
 * Members of a reply or chunk that are read, and padding that says nothing; others travel as
 * extras.
 */
const known = new Set([
  "id",
  "object",
  "created",
  "model",
  "choices",
  "usage",
  "system_fingerprint",
  "service_tier",
  "error",
  "obfuscation",
  "p",
]);

/** Reads one SSE frame of a streamed answer. */
export function decodeEvent(state: ChatStreamState, frame: Frame): Step<ChatStreamState> {
  if (frame.data.length === 0) return { ok: true, state, events: [] };
  if (isDone(frame.data)) {
    state.done = true;
    return { ok: true, state, events: [] };
  }
  const said = state.alike.textOf(frame);
  if (said !== undefined) {
    const again: FrameWork = { state, events: [], whole: false };
    addText(again, said.choice, said.text);
    return { ok: true, state, events: again.events };
  }
  const parsed = parseJson(frame.data);
  if (!parsed.ok)
    return {
      ok: false,
      fault: malformed(`a frame of the stream is not JSON: ${parsed.error.message}`),
    };
  if (!isObject(parsed.value))
    return { ok: false, fault: malformed("a frame of the stream is not a JSON object") };
  const fault = chunkFault(parsed.value, frame.event);
  if (fault !== undefined) return { ok: false, fault };
  const work: FrameWork = { state, events: [], whole: false };
  decodeChunk(work, parsed.value);
  state.alike.note(frame, work.events);
  return work.fault === undefined
    ? { ok: true, state, events: work.events }
    : { ok: false, fault: work.fault };
}

/**
 * The events of the end: extras, or the fault that the stream was cut. `[DONE]` or a finish for
 * each choice is an end.
 */
export function end(state: ChatStreamState): Decoded<readonly Event[]> {
  const choices = [...state.choices.values()];
  const finished = choices.length > 0 && choices.every((choice) => choice.finished);
  const said = choices.some((choice) => choice.next > 0);
  if (!finished && !(state.done && said)) {
    const message = said
      ? "the stream ended before the answer was complete"
      : "the stream ended without an answer";
    return { ok: false, fault: { reason: ErrorReason.UPSTREAM_CUT, message } };
  }
  const events: Event[] = [];
  for (const { index, finished: ended } of choices)
    if (!ended) endText({ state, events, whole: false }, index);
  const [first] = choices;
  if (first !== undefined && first.text >= 0)
    sendSources({ state, events, whole: false }, first.index);
  for (const choice of choices) {
    if (choice.finished) continue;
    const reason = choiceFinish("", choice.calls.latest !== undefined);
    events.push(finishEvent(choice.index, reason, "", ""));
  }
  const json = printExtras(state);
  if (json === undefined) return { ok: true, value: events };
  const value = { $typeName: "parlance.chat.v1.ExtrasSet", dialect: NAME, json } as const;
  events.push({ $typeName: "parlance.chat.v1.Event", event: { case: "extrasSet", value } });
  return { ok: true, value: events };
}

/** The failure that a chunk or whole reply reports in place of an answer. */
export function chunkFault(json: JsonObject, event: string): Fault | undefined {
  if (event === "error" || isErrorObject(json)) return decodeErrorObject(json);
  const failed = Array.isArray(json.choices) ? json.choices.find(isFailed) : undefined;
  return isObject(failed) ? decodeErrorObject(failed) : undefined;
}

/** OpenRouter reports a vendor's failure in the choice that it ended. */
function isFailed(choice: Json): boolean {
  return isObject(choice) && isObject(choice.error) && choice.finish_reason === "error";
}

/** Reads a chunk, or a whole reply as if it were one. */
export function decodeChunk(work: FrameWork, chunk: JsonObject): void {
  const choices = chunk.choices;
  const list: readonly Json[] = Array.isArray(choices) ? choices : [];
  if (
    !work.state.started &&
    (list.length > 0 || work.whole || (stringAt(chunk, "id") ?? "") !== "")
  ) {
    emitStart(work, readStart(chunk));
  }
  noteSources(work, chunk);
  if (isTooLong(work, list, MAX_CHOICES, "choices")) return;
  for (let at = 0; at < list.length; at += 1) {
    const choice = list[at];
    if (isObject(choice)) decodeChoice(work, choice, work.whole ? at : 0);
  }
  keepExtras(work, chunk);
  const usage = findUsage(chunk);
  if (usage !== undefined) emit(work, { case: "usage", value: decodeUsage(usage) });
}

/** The extras map of a whole reply. */
export function readExtras(state: ChatStreamState): Record<string, string> {
  return extrasOf(printExtras(state));
}

function printExtras({ extras, choices }: ChatStreamState): string | undefined {
  const filtered = printFilterResults(choices.values());
  if (extras.size === 0 && filtered === undefined) return undefined;
  const members = Object.fromEntries(extras);
  return JSON.stringify(filtered === undefined ? members : { ...members, choices: filtered });
}

function readStart(chunk: JsonObject): MessageStart {
  const created = chunk.created;
  const seconds = typeof created === "number" ? Math.trunc(created) : 0;
  return {
    $typeName: "parlance.chat.v1.MessageStart",
    id: stringAt(chunk, "id") ?? "",
    model: stringAt(chunk, "model") ?? "",
    createdUnixS: seconds > 0 && seconds <= 253402300799 ? BigInt(seconds) : 0n,
    systemFingerprint: stringAt(chunk, "system_fingerprint") ?? "",
    serviceTier: stringAt(chunk, "service_tier") ?? "",
  };
}

function decodeChoice(work: FrameWork, choice: JsonObject, position: number): void {
  const sentIndex = intAt(choice, "index") ?? position;
  const index = sentIndex >= 0 && sentIndex < MAX_CHOICES ? sentIndex : position;
  const state = choiceAt(work, index);
  decodeSaid(work, index, choice);
  const logprobs = objectAt(choice, "logprobs");
  const decoded = logprobs === undefined ? undefined : decodeLogprobs(logprobs);
  if (decoded !== undefined) {
    const value = {
      $typeName: "parlance.chat.v1.LogprobsDelta",
      choice: index,
      logprobs: decoded,
    } as const;
    emit(work, { case: "logprobsDelta", value });
  }
  state.filters = addFilterResults(state.filters, choice);
  const word = stringAt(choice, "finish_reason") ?? "";
  if ((word !== "" && !state.finished) || work.whole) finish(work, index, word, choice);
}

/**
 * What the choice says: of a whole answer its `message`, of a chunk its `delta`, of a text
 * completion its `text`.
 */
function decodeSaid(work: FrameWork, index: number, choice: JsonObject): void {
  const delta = work.whole
    ? (objectAt(choice, "message") ?? objectAt(choice, "delta"))
    : (objectAt(choice, "delta") ?? objectAt(choice, "message"));
  if (delta === undefined) {
    addText(work, index, stringAt(choice, "text") ?? "");
    return;
  }
  decodeReasoning(work, index, delta);
  decodeContent(work, index, delta);
  if (Array.isArray(delta.tool_calls) && delta.tool_calls.length > 0) endText(work, index);
  decodeToolCalls(work, index, delta);
}

function finish(work: FrameWork, index: number, word: string, choice: JsonObject): void {
  const state = choiceAt(work, index);
  endText(work, index);
  if (state.text >= 0) sendSources(work, index);
  state.finished = true;
  const reason = choiceFinish(word, state.calls.latest !== undefined);
  work.events.push(finishEvent(index, reason, word, stringAt(choice, "stop_reason") ?? ""));
}

function finishEvent(
  choice: number,
  reason: FinishReason,
  vendorReason: string,
  stopSequence: string,
): Event {
  const value = {
    $typeName: "parlance.chat.v1.Finish",
    choice,
    reason,
    vendorReason,
    stopSequence,
  } as const;
  return { $typeName: "parlance.chat.v1.Event", event: { case: "finish", value } };
}

function keepExtras(work: FrameWork, chunk: JsonObject): void {
  for (const key of Object.keys(chunk)) {
    const value = chunk[key];
    if (!known.has(key) && value !== undefined && value !== null) work.state.extras.set(key, value);
  }
}
