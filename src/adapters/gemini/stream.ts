import { FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { appendAll } from "../../core/append-all.ts";
import type { Decoded, Frame, Step } from "../../core/dialect.ts";
import { malformed } from "../../core/fault.ts";
import { intAt, isObject, type Json, type JsonObject, objectAt, parseJson, stringAt } from "../../core/json.ts";
import { type Body, mergeMembers, unknownMembers } from "../../core/json-members.ts";
import { writeJson } from "../../core/json-write.ts";
import { elementSources, memberSource, type Source, wholeSource } from "../../core/source-slice.ts";
import { decodeGrounding, decodeQuotations, type PlacedCitation } from "./citation.ts";
import { faultOf } from "./error.ts";
import { decodeFinishReason, finishWord } from "./finish-reason.ts";
import { decodeLogprobs } from "./logprobs.ts";
import { citationAdd, extrasSet, finish, logprobsDelta, messageStart, usageEvent } from "./stream-events.ts";
import { addPart, closeAll, type Draft } from "./stream-part.ts";
import { beginChoice, type ChoiceState, type StreamState } from "./stream-state.ts";
import { decodeUsage } from "./usage.ts";

/**
 * One frame of a stream: an answer that holds what is new. A stream that was not asked for as server-sent events is one
 * list of such answers, and read as well. Why a candidate stopped is told by `end`, for some models tell it in every frame.
 * See https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent.
 */
export function decodeEvent(state: StreamState, frame: Frame): Step<StreamState> {
  if (frame.data.length === 0 || isDone(frame.data)) return { ok: true, state, events: [] };
  const parsed = parseJson(frame.data);
  if (!parsed.ok) return { ok: false, fault: malformed("the vendor's stream holds a frame that is not JSON") };
  return decodeAnswer(state, parsed.value, wholeSource(frame.data));
}

/** As decodeEvent, for a value that is parsed already: an answer, or a list of answers. */
export function decodeAnswer(state: StreamState, json: Json, source: Source): Step<StreamState> {
  if (Array.isArray(json)) return decodeList(state, json, source);
  if (!isObject(json)) return { ok: false, fault: malformed("the vendor's answer is not a JSON object") };
  if (json.error !== undefined) return { ok: false, fault: faultOf(json) };
  const events: Event[] = [];
  const responseId = stringAt(json, "responseId") ?? state.responseId;
  if (!state.started) events.push(messageStart(responseId, stringAt(json, "modelVersion") ?? "", createdOf(json)));
  let choices = state.choices;
  const candidates = listOf(json.candidates);
  const sourceAt = elementSources(memberSource(source, "candidates"));
  for (const [at, candidate] of candidates.entries()) {
    if (isObject(candidate)) choices = addCandidate(choices, candidate, sourceAt(at), { at, responseId, events });
  }
  const feedback = objectAt(json, "promptFeedback");
  const reported = objectAt(json, "usageMetadata");
  const usage = reported === undefined ? undefined : decodeUsage(reported, memberSource(source, "usageMetadata"));
  const counts = usage === undefined ? state.counts : `${usage.inputTokens}/${usage.outputTokens}/${usage.totalTokens}`;
  if (usage !== undefined && counts !== state.counts) events.push(usageEvent(usage));
  const next: StreamState = {
    started: true,
    responseId,
    choices,
    blocked: blockWord(feedback?.blockReason) ?? state.blocked,
    counts,
    extras: mergeExtras(state.extras, unknownMembers(json, source, ANSWER_MEMBERS)),
  };
  return { ok: true, state: next, events };
}

/** The end of the bytes: well only where every candidate said why it stopped, or the prompt was blocked. */
export function end(state: StreamState): Decoded<readonly Event[]> {
  const { choices, blocked } = state;
  if (choices.length === 0 && blocked !== "") {
    return { ok: true, value: [finish(0, FinishReason.CONTENT_FILTER, blocked), ...printExtras(state)] };
  }
  if (choices.length === 0 || choices.some(({ finished }) => finished === undefined)) {
    const message = "the vendor's stream ended before it told why the model stopped";
    return { ok: false, fault: { reason: ErrorReason.UPSTREAM_CUT, message } };
  }
  return {
    ok: true,
    value: [...choices.flatMap((choice) => endChoice(choice, state.responseId)), ...printExtras(state)],
  };
}

const ANSWER_MEMBERS: ReadonlySet<string> = new Set([
  "candidates",
  "usageMetadata",
  "modelVersion",
  "responseId",
  "createTime",
  "error",
]);

const CANDIDATE_MEMBERS: ReadonlySet<string> = new Set(["content", "finishReason", "index", "logprobsResult"]);

function decodeList(state: StreamState, answers: readonly Json[], source: Source): Step<StreamState> {
  const sourceAt = elementSources(source);
  const events: Event[] = [];
  let now = state;
  for (const [at, answer] of answers.entries()) {
    if (Array.isArray(answer)) return { ok: false, fault: malformed("the vendor's answer is a list of lists") };
    const step = decodeAnswer(now, answer, sourceAt(at));
    if (!step.ok) return step;
    now = step.state;
    appendAll(events, step.events);
  }
  return { ok: true, state: now, events };
}

function addCandidate(
  choices: readonly ChoiceState[],
  json: JsonObject,
  source: Source,
  { at: place, responseId, events }: { readonly at: number; readonly responseId: string; readonly events: Event[] },
): readonly ChoiceState[] {
  const told = intAt(json, "index") ?? place;
  const index = told >= 0 && told < 128 ? told : 0;
  const draft: Draft = {
    state: choices.find((choice) => choice.index === index) ?? beginChoice(index),
    events,
    responseId,
  };
  const content = objectAt(json, "content");
  const parts = content === undefined ? [] : listOf(content.parts);
  const sourceAt = elementSources(memberSource(memberSource(source, "content"), "parts"));
  for (const [at, part] of parts.entries()) addPart(draft, part, sourceAt(at));
  const likelihoods = objectAt(json, "logprobsResult");
  const logprobs = likelihoods === undefined ? undefined : decodeLogprobs(likelihoods);
  if (logprobs !== undefined) events.push(logprobsDelta(index, logprobs));
  const { state } = draft;
  const next: ChoiceState = {
    ...state,
    finished: finishWord(json.finishReason) ?? state.finished,
    grounding: append(state.grounding, objectAt(json, "groundingMetadata")),
    quotations: append(state.quotations, objectAt(json, "citationMetadata")),
    extras: mergeExtras(state.extras, unknownMembers(json, source, CANDIDATE_MEMBERS)),
  };
  const others = choices.filter((choice) => choice.index !== index);
  return [...others, next];
}

function endChoice(choice: ChoiceState, responseId: string): readonly Event[] {
  const draft: Draft = { state: choice, events: [], responseId };
  closeAll(draft);
  const seen = new Set<string>();
  for (const { part, citation } of citationsOf(choice)) {
    const key = JSON.stringify([part, citation]);
    if (seen.has(key)) continue;
    seen.add(key);
    draft.events.push(citationAdd(choice.index, part, citation));
  }
  const word = choice.finished ?? "";
  draft.events.push(finish(choice.index, decodeFinishReason(word, choice.calls > 0), word));
  return draft.events;
}

function citationsOf({ grounding, quotations, texts }: ChoiceState): PlacedCitation[] {
  return [
    ...grounding.flatMap((json) => decodeGrounding(json, texts)),
    ...quotations.flatMap((json) => decodeQuotations(json, texts)),
  ];
}

/** What only this dialect has: members of the answer, and those of its candidates under `candidates`. */
function printExtras({ extras, choices }: StreamState): readonly Event[] {
  const body: Body = {};
  if (extras !== "") mergeMembers(body, extras);
  const candidates = choices
    .filter((choice) => choice.extras !== "")
    .map((choice) => {
      const members: Body = { index: choice.index };
      mergeMembers(members, choice.extras);
      return members;
    });
  if (candidates.length > 0) body.candidates = candidates;
  return Object.keys(body).length === 0 ? [] : [extrasSet(writeJson(body))];
}

function mergeExtras(earlier: string, later: string): string {
  if (earlier === "" || later === "" || earlier === later) return later === "" ? earlier : later;
  const body: Body = {};
  mergeMembers(body, earlier);
  mergeMembers(body, later);
  return writeJson(body);
}

function append(list: readonly JsonObject[], json: JsonObject | undefined): readonly JsonObject[] {
  return json === undefined ? list : [...list, json];
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

/** Some proxies end with the `[DONE]` of another dialect. */
function isDone(data: Uint8Array): boolean {
  return data.length <= 8 && data[0] === 0x5b && data[1] === 0x44;
}
