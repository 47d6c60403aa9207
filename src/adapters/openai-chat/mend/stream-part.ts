import type { Fault } from "../../../core/faults/fault.ts";
import { finishFault } from "../../../core/faults/finish-fault.ts";
import { finish } from "../../../events/make-events.ts";
import {
  intAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  stringAt,
} from "../../../json/json.ts";
import type { Writable } from "../../../json/write.ts";
import { nativeReason } from "../client/response.ts";
import { choiceFinish, encodeFinishReason, isFinishWord } from "../finish-reason.ts";
import { decodeContent } from "../vendor/stream-part.ts";
import { choiceAt } from "../vendor/stream-state.ts";
import { decodeToolCalls } from "../vendor/stream-tools.ts";
import type { Draft } from "../wire.ts";
import { listOf } from "../wire.ts";
import { type MendState, mendedChoice, takeDelta } from "./stream-state.ts";

/** A choice as clients read it: the vendor's own object where nothing is to mend. */
export type MendedChoice =
  | { readonly ok: true; readonly choice: JsonObject | Draft }
  | { readonly ok: false; readonly fault: Fault };

/**
 * Mends a choice of a chunk: content that is a list, fragments of tool calls without what clients
 * need of them, the words of other dialects for the finish. `position`: where it stands in the
 * list. A choice that failed is a fault.
 */
export function mendChoice(state: MendState, choice: JsonObject, position: number): MendedChoice {
  const index = intAt(choice, "index") ?? position;
  const said = readSaid(choice);
  const word = stringAt(choice, "finish_reason") ?? "";
  readWords(state, index, said);
  const { fault } = state.work;
  if (fault !== undefined) return { ok: false, fault };
  const ends = word !== "";
  const { calls } = mendedChoice(state, index);
  const reason = choiceFinish(word, calls.size > 0);
  const failure = ends ? finishFault({ reason, vendorReason: word }) : undefined;
  if (failure !== undefined) return { ok: false, fault: failure };
  if (ends) choiceAt(state.work, index).finished = true;
  const made = takeDelta(state, index, ends ? { ...finish(reason, word, "") } : undefined);
  const mended: Draft = {
    ...choice,
    index,
    message: undefined,
    delta: { ...roleOf(state, index, said), ...joined(said, made) },
    ...ending(choice, word, encodeFinishReason(reason, calls.size > 0)),
  };
  return { ok: true, choice: saysSame(mended, choice) ? choice : mended };
}

/**
 * What a choice says. Some servers write `message` in chunks, or `text` as completions of prompts
 * have it.
 */
function readSaid(choice: JsonObject): JsonObject {
  const said = objectAt(choice, "delta") ?? objectAt(choice, "message");
  if (said !== undefined) return said;
  const text = stringAt(choice, "text");
  return text === undefined ? {} : { content: text };
}

/** Reads what must be mended, and every tool call, for later fragments go on with it. */
function readWords({ work }: MendState, index: number, said: JsonObject): void {
  choiceAt(work, index);
  const content = listOf(said.content);
  if (content !== undefined) decodeContent(work, index, { content });
  decodeToolCalls(work, index, { tool_calls: said.tool_calls ?? null });
}

function roleOf({ begun }: MendState, index: number, said: JsonObject): Draft | undefined {
  const first = !begun.has(index);
  begun.add(index);
  return first && said.role === undefined ? { role: "assistant" } : undefined;
}

/** The delta with what was made of its lists in their place. */
function joined(said: JsonObject, made: Draft): Draft {
  const thought = `${stringAt(said, "reasoning_content") ?? ""}${textOf(made.reasoning_content)}`;
  return {
    ...said,
    content: listOf(said.content) === undefined ? said.content : undefined,
    ...made,
    reasoning_content: thought === "" ? said.reasoning_content : thought,
    tool_calls: callsOf(listOf(said.tool_calls) ?? [], made.tool_calls),
  };
}

/** The fragments with what else the vendor says of each. */
function callsOf(sent: readonly Json[], made: Writable): Writable {
  if (!isList(made) || made.length !== sent.length) return made;
  return made.map((call, at) => {
    const original = sent[at];
    return isDraft(call) && isObject(original) ? { ...othersOf(original), ...call } : call;
  });
}

/** Members of a fragment that are not read. */
function othersOf(call: JsonObject): JsonObject {
  const others = Object.entries(call).filter(([key]) => !READ.has(key));
  return Object.fromEntries(others);
}

const READ: ReadonlySet<string> = new Set(["index", "id", "type", "function", "custom"]);

/** OpenAI's word for the finish, with the vendor's beside it where it is another. */
function ending(choice: JsonObject, word: string, own: string): Draft {
  if (word === "") return { finish_reason: null };
  if (isFinishWord(word)) return { finish_reason: word };
  const native = choice.native_finish_reason ?? nativeReason(own, word);
  return { finish_reason: own, native_finish_reason: native };
}

/** Whether two values say the same: members in any order, and none that are null or absent. */
function saysSame(one: Writable, other: Writable): boolean {
  if (one === other) return true;
  if (isList(one)) {
    if (!isList(other) || one.length !== other.length) return false;
    return one.every((value, at) => saysSame(value, other[at]));
  }
  if (!isDraft(one) || !isDraft(other)) return isNone(one) && isNone(other);
  for (const [key, value] of Object.entries(other))
    if (!isNone(value) && !Object.hasOwn(one, key)) return false;
  return Object.entries(one).every(([key, value]) =>
    saysSame(value, Object.hasOwn(other, key) ? other[key] : undefined),
  );
}

function isNone(value: Writable): boolean {
  return value === null || value === undefined;
}

function textOf(value: Writable): string {
  return typeof value === "string" ? value : "";
}

function isList(value: Writable): value is readonly Writable[] {
  return Array.isArray(value);
}

function isDraft(value: Writable): value is Draft {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
