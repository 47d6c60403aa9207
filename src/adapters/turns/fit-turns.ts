import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import {
  addedDraft,
  canJoin,
  type Draft,
  joinDraft,
  type PlacedPart,
  setParts,
  textPart,
} from "./draft.ts";
import type { Notes } from "./notes.ts";
import { noteUnsent } from "./order-turns.ts";
import type { TurnRules } from "./turn-rules.ts";

/** Stands where a vendor demands words and there are none. */
export const PLACEHOLDER = ".";

const CONTINUE =
  "Go on with your last answer from exactly where it ends. Do not repeat any of it, and do not comment.";

/**
 * The messages with what the vendor demands between them: nothing empty, the user first, turns that
 * alternate, an answer behind results, the user last.
 */
export function fitTurns(drafts: readonly Draft[], rules: TurnRules, notes: Notes): Draft[] {
  const turns: Turns = { list: [], last: undefined, rules, notes };
  const nextKinds = kindsBehind(drafts, rules);
  for (const [at, draft] of drafts.entries()) addDraft(turns, draft, nextKinds[at]);
  if (rules.prefill === "refused") askToGoOn(turns);
  addFirst(turns);
  return turns.list;
}

interface Turns {
  readonly list: Draft[];
  /** The last message that is no instruction. */
  last: Draft | undefined;
  readonly rules: TurnRules;
  readonly notes: Notes;
}

function addDraft(turns: Turns, draft: Draft, next: Draft["kind"] | undefined): void {
  switch (draft.kind) {
    case "instructions":
      addInstructions(turns, draft);
      return;
    case "results":
      addUser(turns, draft);
      return;
    case "answer":
      if (turns.last === undefined && turns.rules.startsWithUser) {
        turns.notes.emulated("messages", "begun with a word of the user's, as the vendor demands");
        push(turns, addedDraft("user", PLACEHOLDER, draft.message));
      }
      push(turns, draft);
      return;
    case "user":
      if (saysSomething(draft, turns.rules)) addUser(turns, draft);
      else addSilent(turns, draft, next);
  }
}

function push(turns: Turns, draft: Draft): void {
  turns.list.push(draft);
  if (draft.kind !== "instructions") turns.last = draft;
}

function addInstructions(turns: Turns, draft: Draft): void {
  const { last, rules, notes } = turns;
  const taken =
    last === undefined ||
    rules.laterInstructions === "anywhere" ||
    rules.laterInstructions === "at_start" ||
    (rules.laterInstructions === "behind_user" && last.kind === "user");
  if (taken) {
    push(turns, draft);
    return;
  }
  notes.mapped(
    `messages[${draft.message}].role`,
    "sent as the user's, for the vendor takes no instructions in this place",
  );
  addUser(turns, { ...draft, kind: "user", role: Role.USER, whole: undefined });
}

function addUser(turns: Turns, draft: Draft): void {
  const { list, last, rules, notes } = turns;
  const field = `messages[${draft.message}]`;
  if (rules.answerBehindResults && last?.kind === "results" && draft.kind === "user") {
    notes.emulated(field, "a word of the model's stands before it, as the vendor demands");
    push(turns, addedDraft("answer", PLACEHOLDER, draft.message));
  }
  const before = list.at(-1);
  if (rules.joins !== "all" || (before?.kind !== "user" && before?.kind !== "results")) {
    push(turns, draft);
    return;
  }
  if (before.kind === "user")
    notes.mapped(field, "sent as one message with the one before it, for turns must alternate");
  if (!canJoin(before, draft)) notes.dropped(`${field}.name`, "two speakers share a message");
  const joined = draft.kind === "user" ? { ...before, kind: draft.kind } : before;
  joinDraft(joined, draft);
  list[list.length - 1] = joined;
  turns.last = joined;
}

/** Left out beside other words of the user; a placeholder where its place says something. */
function addSilent(turns: Turns, draft: Draft, next: Draft["kind"] | undefined): void {
  const { last, notes } = turns;
  if (last?.kind === "user" || last?.kind === "results" || next === "user" || next === "results") {
    noteUnsent(draft, notes);
    return;
  }
  notes.emulated(`messages[${draft.message}]`, "a placeholder stands for its empty content");
  const parts = [...draft.parts, { part: textPart(PLACEHOLDER), message: draft.message }];
  setParts(draft, parts);
  addUser(turns, draft);
}

function saysSomething({ parts }: Draft, { sends }: TurnRules): boolean {
  return parts.some(({ part }) => sends(part, false) === "alone");
}

/** For each message, what kind the next one is that says something and is no instruction. */
function kindsBehind(
  drafts: readonly Draft[],
  rules: TurnRules,
): readonly (Draft["kind"] | undefined)[] {
  let next: Draft["kind"] | undefined;
  return drafts
    .toReversed()
    .map((draft) => {
      const behind = next;
      const counts = draft.kind !== "user" || saysSomething(draft, rules);
      if (counts && draft.kind !== "instructions") next = draft.kind;
      return behind;
    })
    .toReversed();
}

/** A conversation of which nothing is left, or instructions alone, has a word of the user's. */
function addFirst(turns: Turns): void {
  const { list, last, rules, notes } = turns;
  const alone = rules.laterInstructions === "as_user" && last === undefined;
  if (list.length > 0 && !alone) return;
  notes.emulated("messages", "a word of the user's stands in it, as the vendor demands");
  push(turns, addedDraft("user", PLACEHOLDER, 0));
}

function askToGoOn(turns: Turns): void {
  const { last, notes } = turns;
  if (last?.kind !== "answer") return;
  if (last.parts.some(isWork)) return;
  notes.emulated(
    `messages[${last.message}]`,
    "the user asks for its continuation, for the vendor takes no answer to be gone on with",
  );
  push(turns, addedDraft("user", CONTINUE, last.message));
}

/** Whether a tool is at work: a caller's, or a vendor's own such as a search that has paused. */
function isWork({ part: { content } }: PlacedPart): boolean {
  if (content.case === "toolCall") return true;
  return content.case === "opaque" && VENDOR_TOOL.test(content.value.json);
}

const VENDOR_TOOL = /"type"\s*:\s*"\w*tool_(?:use|result)"/;
