import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import { nameHash } from "../../../core/names/name-hash.ts";
import {
  partEnd,
  partWhole,
  textDelta,
  toolCallDelta,
  toolCallStart,
} from "../../../events/make-events.ts";
import { parseBase64 } from "../../../json/base64.ts";
import {
  arrayAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  stringAt,
} from "../../../json/json.ts";
import {
  elementSources,
  memberSource,
  type Source,
  sourceText,
} from "../../../json/source-slice.ts";
import { decodeToolInput } from "../../shared/tool-input.ts";
import { pictureType } from "../media.ts";
import { reasoningDelta } from "./stream-events.ts";
import type { StreamState } from "./stream-state.ts";

/** The message of a line and what bears on it. */
export interface LineMessage {
  readonly message: JsonObject;
  readonly content: string;
  readonly source: Source;
  /** When the line was made, in the server's words. */
  readonly stamp: string;
}

/**
 * Reads what a line adds: thinking and text grow while no other part begins in between; calls and
 * pictures come whole. Parts are in the order in which the model gave them.
 */
export function decodeMessage(state: StreamState, line: LineMessage, events: Event[]): StreamState {
  const { message, content, source, stamp } = line;
  let next = addWords(state, "reasoning", stringAt(message, "thinking") ?? "", events);
  next = addWords(next, "text", content, events);
  for (const image of arrayAt(message, "images") ?? []) next = addImage(next, image, events);
  const calls = arrayAt(message, "tool_calls");
  if (calls === undefined) return next;
  const sourceAt = elementSources(memberSource(source, "tool_calls"));
  for (const [at, call] of calls.entries()) next = addCall(next, call, sourceAt(at), stamp, events);
  return next;
}

function addWords(
  state: StreamState,
  kind: "text" | "reasoning",
  words: string,
  events: Event[],
): StreamState {
  if (words === "") return state;
  const next =
    state.open === kind ? state : { ...close(state, events), open: kind, parts: state.parts + 1 };
  const part = next.parts - 1;
  events.push(kind === "text" ? textDelta(part, words) : reasoningDelta(part, words));
  return next;
}

/** Tells that the part that grew is complete, for another begins. */
function close(state: StreamState, events: Event[]): StreamState {
  if (state.open === undefined) return state;
  events.push(partEnd(state.parts - 1));
  return { ...state, open: undefined };
}

function addImage(before: StreamState, json: Json, events: Event[]): StreamState {
  const data = typeof json === "string" ? parseBase64(json) : undefined;
  if (data === undefined || data.length === 0) return before;
  const state = close(before, events);
  const image = {
    $typeName: "parlance.chat.v1.Image",
    source: { case: "data", value: data },
    mediaType: pictureType(data),
    detail: 0,
  } as const;
  events.push(
    partWhole(state.parts, {
      $typeName: "parlance.chat.v1.Part",
      content: { case: "image", value: image },
    }),
  );
  return { ...state, parts: state.parts + 1 };
}

/**
 * A call comes whole, with its arguments as an object (some servers of this dialect print it as a
 * text). An object without members calls nothing.
 */
function addCall(
  before: StreamState,
  json: Json,
  source: Source,
  stamp: string,
  events: Event[],
): StreamState {
  if (!isObject(json) || Object.keys(json).length === 0) return before;
  const state = close(before, events);
  const called = objectAt(json, "function") ?? {};
  const name = stringAt(called, "name") ?? "";
  const input = argumentsText(
    called.arguments,
    memberSource(memberSource(source, "function"), "arguments"),
  );
  const part = state.parts;
  const id = stringAt(json, "id") ?? "";
  events.push(
    toolCallStart(part, id === "" ? createToolId(stamp, part, name, input) : id, name),
    toolCallDelta(part, input),
    partEnd(part),
  );
  return { ...state, parts: part + 1, toolCalls: true };
}

function argumentsText(json: Json | undefined, source: Source): string {
  return typeof json === "string" ? json : decodeToolInput(json, () => sourceText(source, json));
}

/**
 * The id of a call that came without one, as those of older servers do: a pure function of what
 * tells the call from others (when it came, its place, its tool and arguments), so that calls of
 * different turns differ.
 */
function createToolId(...words: readonly (string | number)[]): string {
  return `call_${nameHash(words.join("\u0000"))}`;
}
