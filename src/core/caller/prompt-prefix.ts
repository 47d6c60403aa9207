import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { Call } from "../call.ts";

/** Characters of a prompt that calls of one conversation have in common at least. */
const maxPrefix = 4_096;

/**
 * Members that a prompt begins with, in the words of several APIs, in the order of prompt caches.
 */
const leading = [
  "tools",
  "toolConfig",
  "system",
  "systemInstruction",
  "system_instruction",
  "instructions",
];
const turns = ["messages", "contents", "input", "prompt", "chat_history", "message"];

/**
 * How the prompt of a call begins: the texts of its tools, its instructions, and what comes up to
 * the first turn of the user, up to 4096 characters. All turns of a conversation have the same.
 * Undefined where there is no prompt. A body that passes is not decoded for it.
 */
export function promptPrefix({
  origin,
  request,
}: Pick<Call, "origin" | "request">): string | undefined {
  const whole: object = origin?.json ?? request.message();
  const texts: string[] = [];
  let left = maxPrefix;
  const add = (value: unknown): void => {
    left = collect(value, left, texts);
  };
  for (const name of leading) add(memberOf(whole, name));
  for (const name of turns) {
    const member = memberOf(whole, name);
    if (!Array.isArray(member)) {
      add(member);
      continue;
    }
    for (const turn of member) {
      if (left <= 0) break;
      add(turn);
      if (isUsers(turn)) break;
    }
  }
  if (texts.length === 0) return undefined;
  return texts.join("\n");
}

function memberOf(value: object, name: string): unknown {
  return Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
}

function isUsers(turn: unknown): boolean {
  if (typeof turn !== "object" || turn === null) return true;
  return !("role" in turn) || turn.role === "user" || turn.role === Role.USER;
}

/** Adds the texts within a value; gives how many characters may follow. */
function collect(root: unknown, budget: number, texts: string[]): number {
  let left = budget;
  const stack: unknown[] = [root];
  while (stack.length > 0 && left > 0) {
    const value = stack.pop();
    if (typeof value === "string") {
      texts.push(value.slice(0, left));
      left -= value.length + 1;
    } else if (typeof value === "object" && value !== null && !(value instanceof Uint8Array))
      for (const member of membersOf(value, left).reverse()) stack.push(member);
  }
  return left;
}

/** At most as many as characters are left, for each has one or more. */
function membersOf(value: object, max: number): unknown[] {
  if (Array.isArray(value)) return value.slice(0, max);
  return Object.entries(value)
    .filter(([name]) => !unread.has(name))
    .slice(0, max)
    .map(([, member]) => member);
}

const unread: ReadonlySet<string> = new Set([
  "$typeName",
  "$unknown",
  "case",
  "cache",
  "cache_control",
]);
