import { MAX_PARTS } from "../../../events/answer-limits.ts";
import {
  intAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  stringAt,
} from "../../../json/json.ts";
import { listOf } from "../wire.ts";
import {
  type CallState,
  choiceAt,
  emit,
  type FrameWork,
  isTooLong,
  newPart,
} from "./stream-state.ts";

/**
 * Reads the tool calls of a delta. Vendors differ: whole calls in one chunk, no `index`, one
 * `index` for all calls of an answer, an `id` repeated in every piece, arguments as an object,
 * OpenAI's former `function_call`.
 */
export function decodeToolCalls(work: FrameWork, index: number, delta: JsonObject): void {
  const calls = listOf(delta.tool_calls) ?? [];
  if (!isTooLong(work, calls, MAX_PARTS, "tool calls")) {
    for (const call of calls) decodeCall(work, index, call);
  }
  const legacy = delta.function_call;
  if (isObject(legacy) && !isBlank(legacy))
    decodeCall(work, index, { index: LEGACY_INDEX, function: legacy });
}

/** No vendor counts so far: the former `function_call` has no index. */
const LEGACY_INDEX = -1;

function decodeCall(work: FrameWork, index: number, json: Json): void {
  if (!isObject(json)) return;
  const custom = isCustom(json) ? objectAt(json, "custom") : undefined;
  const body = custom ?? objectAt(json, "function") ?? {};
  const name = stringAt(body, "name") ?? "";
  const id = stringAt(json, "id") ?? "";
  const signature = readSignature(json);
  const input = readInput(body[custom === undefined ? "arguments" : "input"]);
  const known = findCall(work, index, intAt(json, "index"), id, name);
  if (known !== undefined) {
    completeCall(work, index, known, { id, name, custom: custom !== undefined });
    addInput(work, index, known.part, input, signature);
    return;
  }
  const part = startCall(work, index, intAt(json, "index"), { id, name });
  emitCall(work, index, part, { id, name, custom: custom !== undefined, signature });
  addInput(work, index, part, input, "");
}

/** What a piece tells of its call. */
interface CallWords {
  readonly id: string;
  readonly name: string;
  readonly custom: boolean;
  readonly signature?: string;
}

function emitCall(work: FrameWork, choice: number, part: number, words: CallWords): void {
  const value = {
    $typeName: "parlance.chat.v1.ToolCallStart",
    choice,
    part,
    signature: "",
    ...words,
  } as const;
  emit(work, { case: "toolCallStart", value });
}

/** A name that comes after the call has begun is emitted once, for others wait for it. */
function completeCall(work: FrameWork, choice: number, call: CallState, words: CallWords): void {
  if (call.id === "") call.id = words.id;
  if (call.name !== "" || words.name === "") return;
  call.name = words.name;
  emitCall(work, choice, call.part, { ...words, id: call.id });
}

/** Snowflake writes every member of a call, empty where it does not apply. */
function isCustom(call: JsonObject): boolean {
  return call.type === "custom" || (call.type === undefined && !isObject(call.function));
}

function isBlank(call: JsonObject): boolean {
  return (call.name ?? "") === "" && (call.arguments ?? "") === "";
}

function startCall(
  work: FrameWork,
  index: number,
  position: number | undefined,
  { id, name }: Pick<CallWords, "id" | "name">,
): number {
  const part = newPart(work, index);
  const { calls } = choiceAt(work, index);
  const call: CallState = { index: position, id, name, part };
  calls.latest = call;
  if (position !== undefined) calls.byIndex.set(position, call);
  if (!calls.byId.has(id)) calls.byId.set(id, call);
  return part;
}

function addInput(
  work: FrameWork,
  choice: number,
  part: number,
  input: string,
  signature: string,
): void {
  if (input === "" && signature === "") return;
  const value = {
    $typeName: "parlance.chat.v1.ToolCallDelta",
    choice,
    part,
    input,
    signature,
  } as const;
  emit(work, { case: "toolCallDelta", value });
}

/**
 * The call that a piece belongs to; undefined when it begins one. A new id with a name begins a
 * call, whatever the index.
 */
function findCall(
  work: FrameWork,
  choice: number,
  index: number | undefined,
  id: string,
  name: string,
): CallState | undefined {
  if (work.whole) return undefined;
  const { calls } = choiceAt(work, choice);
  if (index === undefined)
    return id === "" ? (name === "" ? calls.latest : undefined) : calls.byId.get(id);
  const known = calls.byIndex.get(index);
  if (known === undefined || id === "" || known.id === id || known.id === "") return known;
  return name === "" ? known : undefined;
}

function readInput(json: Json | undefined): string {
  if (typeof json === "string") return json;
  return json === undefined || json === null ? "" : JSON.stringify(json);
}

/** Gemini's endpoint signs a call in `extra_content.google.thought_signature`. */
function readSignature(call: JsonObject): string {
  const extra = objectAt(call, "extra_content");
  const google = extra === undefined ? undefined : objectAt(extra, "google");
  return (google === undefined ? undefined : stringAt(google, "thought_signature")) ?? "";
}
