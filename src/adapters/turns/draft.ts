import type { Message } from "../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { Part } from "../../../gen/parlance/chat/v1/part_pb.js";
import { appendAll } from "../../core/append-all.ts";
import { type Body, mergeMembers } from "../../json/members.ts";
import { writeJson } from "../../json/write.ts";

/** A part, and where it stood in the caller's messages. */
export interface PlacedPart {
  readonly part: Part;
  /** Of the message. */
  readonly message: number;
  /** In the message. Absent: the gateway put it there. */
  readonly index?: number;
}

/** JSON objects by dialect. */
type Extras = Message["extrasJson"];

/** A message under construction, made of one or more of the caller's. */
export interface Draft {
  readonly kind: "instructions" | "user" | "answer" | "results";
  role: Role;
  parts: PlacedPart[];
  name: string;
  /** Members that dialects add, of each message that it is made of. */
  extras: Extras[];
  /** The first of the caller's messages that it is made of. */
  readonly message: number;
  /** Set where it is one of the caller's messages as it was. */
  whole: Message | undefined;
}

/** The kind of a message by its role; one without a role counts as the user's. */
export function kindOf(role: Role): Exclude<Draft["kind"], "results"> {
  switch (role) {
    case Role.SYSTEM:
    case Role.DEVELOPER:
      return "instructions";
    case Role.ASSISTANT:
      return "answer";
    case Role.USER:
    case Role.TOOL:
    case Role.UNSPECIFIED:
      return "user";
  }
}

/** One of the caller's messages as it is. */
export function wholeDraft(kind: Draft["kind"], message: Message, index: number): Draft {
  return {
    kind,
    role: message.role,
    parts: message.parts.map((part, at) => ({ part, message: index, index: at })),
    name: message.name,
    extras: [message.extrasJson],
    message: index,
    whole: message,
  };
}

/** Words that the gateway puts into a conversation. */
export function addedDraft(kind: "user" | "answer", text: string, message: number): Draft {
  return {
    kind,
    role: kind === "user" ? Role.USER : Role.ASSISTANT,
    parts: [{ part: textPart(text), message }],
    name: "",
    extras: [],
    message,
    whole: undefined,
  };
}

/** A text part without citations. */
export function textPart(text: string): Part {
  return {
    $typeName: "parlance.chat.v1.Part",
    content: { case: "text", value: { $typeName: "parlance.chat.v1.Text", text, citations: [] } },
  };
}

/** Whether a part says nothing, so that nothing is lost with it. */
export function isSilent({ content, cache }: Part): boolean {
  if (cache !== undefined) return false;
  return content.case === undefined || (content.case === "text" && content.value.text === "");
}

/** Other parts for a draft. */
export function setParts(draft: Draft, parts: PlacedPart[]): void {
  draft.parts = parts;
  draft.whole = undefined;
}

/** Adds a message to the one before it. */
export function joinDraft(draft: Draft, next: Draft): void {
  appendAll(draft.parts, next.parts);
  appendAll(draft.extras, next.extras);
  draft.whole = undefined;
}

/** Whether two messages lose nothing by being one. */
export function canJoin(draft: Draft, next: Draft): boolean {
  return draft.name === next.name;
}

/** The message that a draft has become. */
export function finishDraft({ whole, role, parts, name, extras }: Draft): Message {
  if (whole !== undefined) return whole;
  return {
    $typeName: "parlance.chat.v1.Message",
    text: "",
    role,
    parts: parts.map(({ part }) => part),
    name,
    extrasJson: mergeExtras(extras),
  };
}

/** Of members that several messages have, the last one's are sent. */
function mergeExtras(all: readonly Extras[]): Extras {
  const texts = new Map<string, string[]>();
  for (const extras of all) {
    for (const [dialect, json] of Object.entries(extras)) {
      const known = texts.get(dialect);
      if (known === undefined) texts.set(dialect, [json]);
      else known.push(json);
    }
  }
  return Object.fromEntries([...texts].map(([dialect, list]) => [dialect, mergeJson(list)]));
}

/** A text that is no object stays as it is, so that the encoder refuses it. */
function mergeJson(texts: readonly string[]): string {
  const [only = "{}"] = texts;
  if (texts.length === 1) return only;
  const body: Body = {};
  const broken = texts.find((text) => !mergeMembers(body, text));
  return broken ?? writeJson(body);
}
