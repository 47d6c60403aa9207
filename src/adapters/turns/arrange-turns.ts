import type { FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { type Message, Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { Decoded, Encoded, EncodeOptions } from "../../core/dialect.ts";
import type { Fault } from "../../core/faults/fault.ts";
import { traitsOf } from "../traits/find-traits.ts";
import { type Draft, finishDraft } from "./draft.ts";
import { fitParts, trimPrefill } from "./fit-parts.ts";
import { fitTurns } from "./fit-turns.ts";
import { notesIn } from "./notes.ts";
import { orderTurns } from "./order-turns.ts";
import { isPlain } from "./plain-turns.ts";
import type { TurnRules } from "./turn-rules.ts";

/** A conversation as a vendor takes it, and what was done to it. */
export interface Arranged {
  readonly messages: Message[];
  readonly entries: readonly FieldReport[];
  /** The path in the caller's messages of one in these. */
  readonly pathOf: (path: string) => string;
}

/** Undefined where a conversation obeys the rules as it is. */
export function arrangeTurns(messages: readonly Message[], rules: TurnRules): Arranged | undefined {
  if (messages.length === 0 || isPlain(messages, rules)) return undefined;
  const entries: FieldReport[] = [];
  const notes = notesIn(entries);
  const drafts = fitTurns(orderTurns(messages, rules, notes), rules, notes);
  for (const draft of drafts) fitParts(draft, rules, notes);
  trimPrefill(drafts.at(-1), rules, notes);
  const same =
    drafts.length === messages.length &&
    drafts.every(({ whole }, at) => whole !== undefined && whole === messages[at]);
  if (same) return undefined;
  return { messages: drafts.map(finishDraft), entries, pathOf: pathsOf(drafts) };
}

/** The half of a codec that encodes chats. */
type EncodeChat<Q> = (chat: Chat, options: EncodeOptions<Q>) => Decoded<Encoded>;

/**
 * An encoder of chats that gets conversations as the vendor demands them. What it reports is said
 * in the paths of the caller's messages.
 */
export function arranged<Q>(
  rulesOf: (options: EncodeOptions<Q>, chat: Chat) => TurnRules,
  encode: EncodeChat<Q>,
): EncodeChat<Q> {
  return (chat, options) => {
    const plan = arrangeTurns(chat.messages, rulesFor(chat, rulesOf(options, chat), options));
    if (plan === undefined) return encode(chat, options);
    const { messages, entries, pathOf } = plan;
    const encoded = encode({ ...chat, messages }, options);
    if (!encoded.ok) return { ok: false, fault: faultAt(encoded.fault, pathOf) };
    const { request, report } = encoded.value;
    const placed = report.map((entry) => ({ ...entry, field: pathOf(entry.field) }));
    return { ok: true, value: { request, report: [...entries, ...placed] } };
  };
}

/**
 * The rules of the vendor, and what the model adds to them: some go on with no answer, whichever
 * vendor serves them.
 */
function rulesFor(
  { messages }: Chat,
  rules: TurnRules,
  options: Pick<EncodeOptions, "model" | "baseModel" | "traits">,
): TurnRules {
  if (messages.at(-1)?.role !== Role.ASSISTANT || rules.prefill === "refused") return rules;
  const taken = traitsOf(options)?.takes?.prefill !== false;
  return taken ? rules : { ...rules, prefill: "refused" };
}

function faultAt(fault: Fault, pathOf: (path: string) => string): Fault {
  const { fields } = fault;
  if (fields === undefined) return fault;
  let { message } = fault;
  const moved = fields.map(({ field, ...rest }) => {
    const path = pathOf(field);
    if (message.startsWith(`${field}:`)) message = `${path}${message.slice(field.length)}`;
    return { ...rest, field: path };
  });
  return { ...fault, message, fields: moved };
}

const PLACE = /^messages\[(\d+)\](?:\.parts\[(\d+)\])?/;

function pathsOf(drafts: readonly Draft[]): (path: string) => string {
  return (path) => {
    const found = PLACE.exec(path);
    const draft = found === null ? undefined : drafts[Number(found[1])];
    if (found === null || draft === undefined) return path;
    const rest = path.slice(found[0].length);
    const placed = found[2] === undefined ? undefined : draft.parts[Number(found[2])];
    if (placed === undefined) return `messages[${draft.message}]${rest}`;
    const part = placed.index === undefined ? "" : `.parts[${placed.index}]`;
    return `messages[${placed.message}]${part}${rest}`;
  };
}
