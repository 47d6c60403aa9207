import type { Message } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { Part } from "../../../gen/parlance/chat/v1/part_pb.js";
import {
  canJoin,
  type Draft,
  isSilent,
  joinDraft,
  kindOf,
  type PlacedPart,
  wholeDraft,
} from "./draft.ts";
import { type Notes, pathOf } from "./notes.ts";
import { missingResults, resultsAsWords } from "./orphans.ts";
import type { TurnRules } from "./turn-rules.ts";

/** A message in its place, and where it is the model's the results of its calls. */
interface Entry {
  readonly draft: Draft;
  /** A draft for each message that holds some. */
  readonly results: Draft[];
}

/** A conversation while its messages are put in order. */
interface Order {
  readonly rules: TurnRules;
  readonly notes: Notes;
  readonly entries: Entry[];
  /** Instructions that move to the start. */
  readonly start: Draft[];
  /** The answers that hold a call, by its id: of an id that comes again, the latest. */
  readonly callers: Map<string, Entry>;
  /** The same of calls without an id, which pair with results by order. */
  readonly unnamed: Entry[];
  answered: number;
}

/**
 * The messages in the order that a vendor demands: results right behind their calls, answers in a
 * row as one. An answer of which nothing reaches the vendor is left out. Takes time by the number
 * of parts.
 */
export function orderTurns(messages: readonly Message[], rules: TurnRules, notes: Notes): Draft[] {
  const order: Order = {
    rules,
    notes,
    entries: [],
    start: [],
    callers: new Map(),
    unnamed: [],
    answered: 0,
  };
  for (const [index, message] of messages.entries()) addMessage(order, message, index);
  closeAnswer(order);
  const turns = order.entries.flatMap(({ draft, results }, at) => {
    const last = at === order.entries.length - 1 && results.length === 0;
    const asks = rules.resultsBehindCalls && draft.kind === "answer" && !last;
    const missing = asks ? missingResults(draft, results, notes) : undefined;
    return missing === undefined ? [draft, ...results] : [draft, ...results, missing];
  });
  const drafts = order.start.length === 0 ? turns : [...order.start, ...turns];
  return rules.answerBehindResults ? drafts : drafts.flatMap(reunited(messages));
}

function addMessage(order: Order, message: Message, index: number): void {
  const kind = kindOf(message.role);
  const draft = wholeDraft(kind, message, index);
  if (kind === "answer") addAnswer(order, draft);
  else if (kind === "instructions" && order.rules.laterInstructions === "at_start") {
    if (order.entries.length > 0 && draft.parts.length > 0)
      order.notes.mapped(`messages[${index}]`, "moved to the start, as the vendor demands");
    order.start.push(draft);
  } else {
    closeAnswer(order);
    if (kind === "user" && message.parts.some(isResult)) addResults(order, draft);
    else order.entries.push({ draft, results: [] });
  }
}

function isResult({ content }: Part): boolean {
  return content.case === "toolResult";
}

function addAnswer(order: Order, draft: Draft): void {
  const { rules, notes, entries } = order;
  const last = entries.at(-1);
  const follows = last?.draft.kind === "answer" && last.results.length === 0;
  const same = last !== undefined && canJoin(last.draft, draft);
  if (follows && (rules.joins === "all" || (rules.joins === "answers" && same))) {
    if (!same) notes.dropped(`messages[${draft.message}].name`, "two speakers share a message");
    if (draft.parts.length > 0)
      notes.mapped(`messages[${draft.message}]`, "sent as one message with the answer before it");
    noteCalls(order, last, draft.parts);
    joinDraft(last.draft, draft);
    return;
  }
  closeAnswer(order);
  const entry: Entry = { draft, results: [] };
  entries.push(entry);
  noteCalls(order, entry, draft.parts);
}

function noteCalls({ callers, unnamed }: Order, entry: Entry, parts: readonly PlacedPart[]): void {
  for (const { part } of parts) {
    if (part.content.case !== "toolCall") continue;
    const { id } = part.content.value;
    if (id === "") unnamed.push(entry);
    else callers.set(id, entry);
  }
}

/** Nothing joins the last answer any more: one that says nothing is left out. */
function closeAnswer({ entries, rules, notes }: Order): void {
  const last = entries.at(-1);
  if (last?.draft.kind !== "answer" || last.results.length > 0) return;
  if (last.draft.parts.some(({ part }) => rules.sends(part, true) === "alone")) return;
  entries.pop();
  noteUnsent(last.draft, notes);
}

/** Reports a message that is left out: a loss, unless it says nothing at all. */
export function noteUnsent(draft: Draft, notes: Notes): void {
  const fields = new Set(draft.parts.map(({ message }) => message));
  if (fields.size === 0) fields.add(draft.message);
  const silent = draft.parts.every(({ part }) => isSilent(part));
  for (const message of fields) {
    if (silent) notes.mapped(`messages[${message}]`, "says nothing, and is left out");
    else notes.dropped(`messages[${message}]`, "nothing of it can be sent to the vendor");
  }
}

/** Results go to the answers that called; what else the message says stays where it is. */
function addResults(order: Order, draft: Draft): void {
  const groups = new Map<Entry | undefined, PlacedPart[]>();
  const words: PlacedPart[] = [];
  for (const placed of draft.parts) {
    const { content } = placed.part;
    if (content.case !== "toolResult") words.push(placed);
    else listIn(groups, callerOf(order, content.value.toolCallId)).push(placed);
  }
  const last = order.entries.at(-1);
  // Members that the dialect adds go with the words, where there are some.
  let extras = words.some((placed) => isSent(placed, order.rules)) ? [] : draft.extras;
  for (const [entry, parts] of groups) {
    const whole = parts.length === draft.parts.length ? draft.whole : undefined;
    placeResults(order, entry, last, { ...draft, kind: "results", parts, whole, extras });
    extras = [];
  }
  addWords(order, draft, words);
}

function isSent({ part }: PlacedPart, { sends }: TurnRules): boolean {
  return sends(part, false) !== "never";
}

/** `entry`: the answer that called; undefined where there is none. */
function placeResults(
  { entries, notes, rules }: Order,
  entry: Entry | undefined,
  last: Entry | undefined,
  results: Draft,
): void {
  if (entry === undefined) {
    const draft = rules.resultsBehindCalls ? resultsAsWords(results, notes) : results;
    entries.push({ draft, results: [] });
    return;
  }
  const moved = entry === last ? [] : results.parts;
  for (const placed of moved)
    notes.mapped(pathOf(placed), "moved right behind the calls that it answers");
  entry.results.push(results);
}

function addWords({ entries, rules, notes }: Order, draft: Draft, words: PlacedPart[]): void {
  if (words.length === 0) return;
  if (words.some((placed) => isSent(placed, rules))) {
    entries.push({ draft: { ...draft, parts: words, whole: undefined }, results: [] });
    return;
  }
  for (const placed of words) {
    if (isSilent(placed.part)) notes.mapped(pathOf(placed), "says nothing, and is left out");
    else notes.dropped(pathOf(placed), "cannot be sent to the vendor");
  }
}

/** Undefined: no call before it is the result's, so that it stays where it is. */
function callerOf(order: Order, id: string): Entry | undefined {
  if (!order.rules.resultsBehindCalls) return undefined;
  if (id !== "") return order.callers.get(id);
  order.answered += 1;
  return order.unnamed[order.answered - 1];
}

function listIn<K, T>(lists: Map<K, T[]>, key: K): T[] {
  const known = lists.get(key);
  if (known !== undefined) return known;
  const list: T[] = [];
  lists.set(key, list);
  return list;
}

/** A message whose results and words still stand one behind the other is what it was. */
function reunited(
  messages: readonly Message[],
): (draft: Draft, at: number, drafts: readonly Draft[]) => Draft[] {
  const isSplit = (draft: Draft | undefined, next: Draft | undefined): boolean =>
    draft?.kind === "results" &&
    next?.kind === "user" &&
    draft.message === next.message &&
    draft.parts.length + next.parts.length === messages[draft.message]?.parts.length;
  return (draft, at, drafts) => {
    if (isSplit(draft, drafts[at + 1])) return [];
    const message = messages[draft.message];
    return isSplit(drafts[at - 1], draft) && message !== undefined
      ? [wholeDraft("user", message, draft.message)]
      : [draft];
  };
}
