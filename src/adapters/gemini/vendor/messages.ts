import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { appendAll } from "../../../core/append-all.ts";
import {
  dropped,
  type EncodeReport,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import { type Body, mergeMembers } from "../../../json/members.ts";
import type { Writable } from "../../../json/write.ts";
import { DIALECT } from "../wire.ts";
import type { EncodedResult } from "./content.ts";
import { createCallNames, type EncodedPart, encodePart, type PartContext } from "./content.ts";
import type { ModelTraits } from "./model-traits.ts";

/** The conversation in the vendor's shape. */
export interface Conversation {
  /** Parts of `systemInstruction`. */
  readonly system: (Body | Writable)[];
  readonly contents: Writable[];
}

interface Turn {
  readonly role: "user" | "model" | "system";
  readonly parts: (Body | Writable)[];
  readonly extras: string[];
  /** Tool results, which stand before the parts. */
  readonly results: EncodedResult[];
}

/**
 * Instructions go to `systemInstruction`, wherever they stand. Results of the calls of one turn
 * make one turn, as the vendor demands, before the user's own words. All other messages stay turns
 * of their own.
 */
export function encodeContents(
  messages: readonly Message[],
  traits: ModelTraits,
  report: EncodeReport,
): Conversation {
  const context: PartContext = { report, traits, calls: createCallNames() };
  const system: (Body | Writable)[] = [];
  const turns: Turn[] = [];
  for (const [index, message] of messages.entries()) {
    const path = `messages[${index}]`;
    const turn = encodeTurn(message, path, context);
    if (turn.role !== "system") addTurn(turns, turn, path, report);
    else {
      if (turns.length > 0 && turn.parts.length > 0) mapped(report, path);
      appendAll(system, turn.parts);
    }
  }
  if (turns.length === 0 && system.length > 0) {
    mapped(report, "messages");
    return { system: [], contents: [{ role: "user", parts: system }] };
  }
  return { system, contents: turns.map((turn) => printTurn(turn, report)) };
}

function encodeTurn(message: Message, path: string, context: PartContext): Turn {
  const { report } = context;
  context.calls.beginMessage();
  const plainTool =
    message.role === Role.TOOL &&
    message.parts.some(({ content }) => content.case !== "toolResult");
  if (message.role === Role.DEVELOPER || plainTool) mapped(report, `${path}.role`);
  const turn: Turn = { role: roleOf(message.role), parts: [], extras: [], results: [] };
  for (const [index, part] of message.parts.entries()) {
    const place = `${path}.parts[${index}]`;
    const { case: kind } = part.content;
    if (turn.role === "system" && kind !== "text" && kind !== "opaque") {
      refuse(report, ErrorReason.UNSUPPORTED, place, "the vendor takes only text as instructions");
    } else addEncoded(turn, encodePart(part, place, context), place, report);
  }
  for (const [dialect, json] of Object.entries(message.extrasJson)) {
    if (dialect === DIALECT && turn.role !== "system") turn.extras.push(json);
    else if (dialect === DIALECT) dropped(report, `${path}.extras_json["${dialect}"]`);
  }
  return turn;
}

function addEncoded(
  turn: Turn,
  { parts, kind, result }: EncodedPart,
  path: string,
  report: EncodeReport,
): void {
  const [first] = parts;
  const last = turn.parts.at(-1);
  if (kind === "signature" && isBody(first) && isBody(last) && takesSignature(last)) {
    turn.parts[turn.parts.length - 1] = { ...last, thoughtSignature: first.thoughtSignature };
    return;
  }
  if (result === undefined) {
    appendAll(turn.parts, parts);
    return;
  }
  if (turn.parts.length > 0) mapped(report, path);
  turn.results.push(result);
}

function takesSignature(part: Body): boolean {
  if (part.thoughtSignature !== undefined || part.thought !== undefined) return false;
  return part.text !== undefined || part.inlineData !== undefined || part.fileData !== undefined;
}

function isBody(part: unknown): part is Body {
  return (
    typeof part === "object" && part !== null && Object.getPrototypeOf(part) === Object.prototype
  );
}

function roleOf(role: Role): Turn["role"] {
  switch (role) {
    case Role.SYSTEM:
    case Role.DEVELOPER:
      return "system";
    case Role.USER:
    case Role.TOOL:
    case Role.UNSPECIFIED:
      return "user";
    case Role.ASSISTANT:
      return "model";
  }
}

/** Results join results before them. */
function addTurn(turns: Turn[], turn: Turn, path: string, report: EncodeReport): void {
  if (turn.parts.length === 0 && turn.results.length === 0) {
    mapped(report, path);
    return;
  }
  const last = turns.at(-1);
  if (
    last === undefined ||
    turn.results.length === 0 ||
    last.results.length === 0 ||
    last.parts.length > 0
  ) {
    turns.push(turn);
    return;
  }
  appendAll(last.results, turn.results);
  appendAll(last.parts, turn.parts);
  appendAll(last.extras, turn.extras);
}

/** Results that have no id are sent in the order of their calls. */
function printTurn({ role, results, parts, extras }: Turn, report: EncodeReport): Writable {
  const ordered = results.every(({ named }) => named)
    ? results
    : results.toSorted((one, other) => one.order - other.order);
  const body: Body = { role, parts: [...ordered.flatMap((result) => result.parts), ...parts] };
  for (const text of extras) {
    if (!mergeMembers(body, text)) {
      refuse(
        report,
        ErrorReason.INVALID_REQUEST,
        `messages.extras_json["${DIALECT}"]`,
        "must be a JSON object",
      );
    }
  }
  return body;
}
