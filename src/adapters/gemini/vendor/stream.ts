import { FinishReason } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Decoded, Frame, Step } from "../../../core/dialect.ts";
import { isDone } from "../../../core/dispatch/done-mark.ts";
import { type Fault, malformed, tooMany } from "../../../core/faults/fault.ts";
import { MAX_CHOICES, MAX_PARTS } from "../../../events/answer-limits.ts";
import {
  intAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  parseJson,
  stringAt,
} from "../../../json/json.ts";
import { printMembers, unknownTexts } from "../../../json/members.ts";
import {
  elementSources,
  memberSource,
  type Source,
  wholeSource,
} from "../../../json/source-slice.ts";
import { decodeFinishReason, finishWord } from "../finish-reason.ts";
import { decodeLogprobs } from "../logprobs.ts";
import { decodeUsage } from "../usage.ts";
import { decodeCitations } from "./citation.ts";
import { faultOf } from "./error.ts";
import {
  citationAdd,
  extrasSet,
  finish,
  logprobsDelta,
  messageStart,
  usageEvent,
} from "./stream-events.ts";
import { addPart, closeAll, type Draft } from "./stream-part.ts";
import { beginChoice, type ChoiceState, type StreamState } from "./stream-state.ts";

/**
 * One frame of a stream: an answer that holds what is new. A stream that was not requested as
 * server-sent events is one list of such answers, and read as well. `end` emits why a candidate
 * stopped, for some models repeat it in every frame. See
 * https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent.
 */
export function decodeEvent(state: StreamState, frame: Frame): Step<StreamState> {
  if (isDone(frame.data)) return { ok: true, state: finished(state), events: [] };
  if (frame.data.length === 0) return { ok: true, state, events: [] };
  const parsed = parseJson(frame.data);
  if (!parsed.ok)
    return { ok: false, fault: malformed("the vendor's stream holds a frame that is not JSON") };
  return decodeAnswer(state, parsed.value, wholeSource(frame.data));
}

/** The end in the words of another dialect: candidates that have not said why they stopped did. */
function finished(state: StreamState): StreamState {
  for (const choice of state.choices.values()) choice.finished ??= "STOP";
  return state;
}

/** As decodeEvent, for a value that is parsed already: an answer, or a list of answers. */
export function decodeAnswer(state: StreamState, json: Json, source: Source): Step<StreamState> {
  if (Array.isArray(json)) return decodeList(state, json, source);
  if (!isObject(json))
    return { ok: false, fault: malformed("the vendor's answer is not a JSON object") };
  if (json.error !== undefined) return { ok: false, fault: faultOf(json) };
  const fault = candidatesFault(json);
  if (fault !== undefined) return { ok: false, fault };
  const events: Event[] = [];
  state.responseId = stringAt(json, "responseId") ?? state.responseId;
  if (!state.started) {
    events.push(
      messageStart(state.responseId, stringAt(json, "modelVersion") ?? "", createdOf(json)),
    );
  }
  state.started = true;
  const sourceAt = elementSources(memberSource(source, "candidates"));
  for (const [at, candidate] of listOf(json.candidates).entries()) {
    if (isObject(candidate)) addCandidate(state, candidate, sourceAt(at), at, events);
  }
  addUsage(state, json, source, events);
  state.blocked = blockWord(objectAt(json, "promptFeedback")?.blockReason) ?? state.blocked;
  for (const [key, text] of unknownTexts(json, source, ANSWER_MEMBERS)) state.extras.set(key, text);
  return { ok: true, state, events };
}

/**
 * The end of the bytes: well only where every candidate said why it stopped, or the prompt was
 * blocked.
 */
export function end(state: StreamState): Decoded<readonly Event[]> {
  const { blocked } = state;
  const choices = [...state.choices.values()];
  if (choices.length === 0 && blocked !== "") {
    return {
      ok: true,
      value: [finish(0, FinishReason.CONTENT_FILTER, blocked), ...printExtras(state)],
    };
  }
  if (choices.length === 0 || choices.some(({ finished }) => finished === undefined)) {
    const message = "the vendor's stream ended before it said why the model stopped";
    return { ok: false, fault: { reason: ErrorReason.UPSTREAM_CUT, message } };
  }
  const events: Event[] = [];
  for (const choice of choices) {
    const fault = endChoice(choice, state.responseId, events);
    if (fault !== undefined) return { ok: false, fault };
  }
  return { ok: true, value: events.concat(printExtras(state)) };
}

const ANSWER_MEMBERS: ReadonlySet<string> = new Set([
  "candidates",
  "usageMetadata",
  "modelVersion",
  "responseId",
  "createTime",
  "error",
]);

const CANDIDATE_MEMBERS: ReadonlySet<string> = new Set([
  "content",
  "finishReason",
  "index",
  "logprobsResult",
]);

function decodeList(
  state: StreamState,
  answers: readonly Json[],
  source: Source,
): Step<StreamState> {
  const sourceAt = elementSources(source);
  const events: Event[] = [];
  let now = state;
  for (const [at, answer] of answers.entries()) {
    if (Array.isArray(answer))
      return { ok: false, fault: malformed("the vendor's answer is a list of lists") };
    const step = decodeAnswer(now, answer, sourceAt(at));
    if (!step.ok) return step;
    now = step.state;
    for (const event of step.events) events.push(event);
  }
  return { ok: true, state: now, events };
}

/**
 * The fault of an answer with more candidates or parts than it may have; undefined where it has
 * not.
 */
function candidatesFault(json: JsonObject): Fault | undefined {
  const candidates = listOf(json.candidates);
  const fault = tooMany(candidates.length, MAX_CHOICES, "candidates");
  if (fault !== undefined) return fault;
  const parts = candidates.reduce<number>((sum, candidate) => sum + partsOf(candidate).length, 0);
  return tooMany(parts, MAX_PARTS, "parts");
}

function partsOf(candidate: Json): readonly Json[] {
  const content = isObject(candidate) ? objectAt(candidate, "content") : undefined;
  return content === undefined ? [] : listOf(content.parts);
}

function addCandidate(
  state: StreamState,
  json: JsonObject,
  source: Source,
  place: number,
  events: Event[],
): void {
  const sentIndex = intAt(json, "index") ?? place;
  const index = sentIndex >= 0 && sentIndex < MAX_CHOICES ? sentIndex : 0;
  const choice = state.choices.get(index) ?? beginChoice(index);
  state.choices.set(index, choice);
  const draft: Draft = { state: choice, events, responseId: state.responseId };
  const sourceAt = elementSources(memberSource(memberSource(source, "content"), "parts"));
  for (const [at, part] of partsOf(json).entries()) addPart(draft, part, sourceAt(at));
  const likelihoods = objectAt(json, "logprobsResult");
  const logprobs = likelihoods === undefined ? undefined : decodeLogprobs(likelihoods);
  if (logprobs !== undefined) events.push(logprobsDelta(index, logprobs));
  choice.finished = finishWord(json.finishReason) ?? choice.finished;
  const grounding = objectAt(json, "groundingMetadata");
  if (grounding !== undefined) choice.grounding.push(grounding);
  const quotations = objectAt(json, "citationMetadata");
  if (quotations !== undefined) choice.quotations.push(quotations);
  for (const [key, text] of unknownTexts(json, source, CANDIDATE_MEMBERS))
    choice.extras.set(key, text);
}

/** Usage is emitted where its counts have changed. */
function addUsage(state: StreamState, json: JsonObject, source: Source, events: Event[]): void {
  const reported = objectAt(json, "usageMetadata");
  const usage =
    reported === undefined
      ? undefined
      : decodeUsage(reported, memberSource(source, "usageMetadata"));
  if (usage === undefined) return;
  const counts = `${usage.inputTokens}/${usage.outputTokens}/${usage.totalTokens}`;
  if (counts !== state.counts) events.push(usageEvent(usage));
  state.counts = counts;
}

function endChoice(choice: ChoiceState, responseId: string, events: Event[]): Fault | undefined {
  closeAll({ state: choice, events, responseId });
  const { grounding, quotations, texts, index } = choice;
  const cited = decodeCitations(grounding, quotations, texts);
  if (!cited.ok) return cited.fault;
  for (const { part, citation } of cited.value) events.push(citationAdd(index, part, citation));
  const word = choice.finished ?? "";
  events.push(finish(index, decodeFinishReason(word, choice.calls > 0), word));
  return undefined;
}

/**
 * What only this dialect has: members of the answer, and those of its candidates under
 * `candidates`.
 */
function printExtras({ extras, choices }: StreamState): readonly Event[] {
  const members = new Map(extras);
  const candidates: string[] = [];
  for (const choice of choices.values()) {
    if (choice.extras.size === 0) continue;
    candidates.push(printMembers([["index", String(choice.index)], ...choice.extras]));
  }
  if (candidates.length > 0) members.set("candidates", `[${candidates.join(",")}]`);
  return members.size === 0 ? [] : [extrasSet(printMembers(members))];
}

/** Some of the vendor's servers write a list of one as its element. */
function listOf(json: Json | undefined): readonly Json[] {
  if (Array.isArray(json)) return json;
  return isObject(json) ? [json] : [];
}

function blockWord(json: Json | undefined): string | undefined {
  return typeof json === "string" || typeof json === "number" ? String(json) : undefined;
}

function createdOf(json: JsonObject): bigint {
  const time = Date.parse(stringAt(json, "createTime") ?? "");
  return Number.isFinite(time) && time >= 0 ? BigInt(Math.floor(time / 1000)) : 0n;
}
