import type { Message } from "../../../gen/parlance/chat/v1/message_pb.js";
import { type Draft, kindOf } from "./draft.ts";
import type { TurnRules } from "./turn-rules.ts";

/**
 * Whether a conversation surely obeys any rules as it is: instructions first, then the user and the
 * model in turn, the user last, each with texts alone of which one reaches the vendor. Most do, and
 * are spared the work of arranging. False: it may obey them.
 */
export function isPlain(messages: readonly Message[], rules: TurnRules): boolean {
  let before: Draft["kind"] = "instructions";
  for (const { role, parts } of messages) {
    const kind = kindOf(role);
    if (!mayFollow(kind, before)) return false;
    let reaches = kind === "instructions";
    for (const part of parts) {
      if (part.content.case !== "text") return false;
      reaches ||= rules.sends(part, kind === "answer") === "alone";
    }
    if (!reaches) return false;
    before = kind;
  }
  return before === "user";
}

function mayFollow(kind: Draft["kind"], before: Draft["kind"]): boolean {
  if (kind === "answer") return before === "user";
  return kind === "user" ? before !== "user" : before === "instructions";
}
