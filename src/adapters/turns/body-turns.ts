import { arrayAt, isObject, type Json, type JsonObject } from "../../json/json.ts";
import type { TurnRules } from "./turn-rules.ts";

/** What an endpoint of Chat Completions demands of conversations beside the usual. */
export interface BodyRules {
  readonly turns?: Partial<Omit<TurnRules, "sends">>;
  /** The member that marks an answer that stands last as one to be gone on with. */
  readonly prefillMark?: string;
}

/**
 * Whether the conversation of a body stands as the vendor demands it, so that it need not be
 * written anew: results right behind their calls, and what the vendor's row says.
 */
export function holdsTurns(body: JsonObject, quirks: BodyRules): boolean {
  const messages = arrayAt(body, "messages");
  if (messages === undefined) return true;
  if (choosesNothing(body)) return false;
  let before: Before = { role: "", answerable: false };
  const open = new Set<Json>();
  for (const message of messages) {
    if (!isObject(message)) continue;
    if (!follows(message, before, quirks) || !pairs(message, open)) return false;
    const role = typeof message.role === "string" ? message.role : "";
    const answerable = role === "tool" || hasCalls(message);
    before = { role: isInstruction(role) ? before.role : role, answerable };
  }
  return endsWell(messages.at(-1), quirks);
}

/**
 * Whether a message leaves no call without its result, and is no result without its call. `open`:
 * the ids of calls that wait for theirs. What has no id pairs by its place.
 */
function pairs(message: JsonObject, open: Set<Json>): boolean {
  const { role, tool_call_id: id, tool_calls: calls } = message;
  if (role === "tool") return typeof id !== "string" || open.delete(id);
  if (open.size > 0) return false;
  if (!Array.isArray(calls)) return true;
  for (const call of calls) {
    if (isObject(call) && typeof call.id === "string") open.add(call.id);
  }
  return true;
}

/** Whether a body has rules for tools, and no tools. */
function choosesNothing(body: JsonObject): boolean {
  if ((body.tool_choice ?? body.parallel_tool_calls ?? null) === null) return false;
  return !hasItems(body.tools) && !hasItems(body.functions);
}

function hasItems(list: Json | undefined): boolean {
  return Array.isArray(list) && list.length > 0;
}

/** What stands before a message. */
interface Before {
  /** Of the last message that is no instruction; "" for none. */
  readonly role: string;
  /** Whether results may follow. */
  readonly answerable: boolean;
}

function follows(message: JsonObject, before: Before, { turns }: BodyRules): boolean {
  const { role } = message;
  if (role === "tool") return before.answerable;
  if (turns === undefined) return true;
  if (role === "assistant") return followsAsAnswer(message, before, turns);
  if (typeof role === "string" && isInstruction(role))
    return before.role === "" || followsAsInstruction(before, turns);
  if (turns.answerBehindResults === true && before.role === "tool") return false;
  return turns.joins !== "all" || before.role !== "user";
}

type Turns = NonNullable<BodyRules["turns"]>;

function followsAsAnswer(message: JsonObject, { role }: Before, turns: Turns): boolean {
  if (role === "assistant" || (role === "" && turns.startsWithUser === true)) return false;
  return saysSomething(message);
}

function followsAsInstruction({ role }: Before, { laterInstructions }: Turns): boolean {
  if (laterInstructions === undefined || laterInstructions === "anywhere") return true;
  return laterInstructions === "behind_user" && role === "user";
}

function saysSomething(message: JsonObject): boolean {
  const { content } = message;
  return hasCalls(message) || (content !== undefined && content !== null && content !== "");
}

function hasCalls({ tool_calls: calls }: JsonObject): boolean {
  return hasItems(calls);
}

/** An answer that stands last is to be gone on with. */
function endsWell(last: Json | undefined, { turns, prefillMark }: BodyRules): boolean {
  if (!isObject(last) || last.role !== "assistant" || hasCalls(last)) return true;
  if (turns?.prefill === "refused") return false;
  if (prefillMark === undefined) return true;
  return last[prefillMark] !== undefined;
}

function isInstruction(role: string): boolean {
  return role === "system" || role === "developer";
}
