import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
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
import { createToolIds } from "../../shared/tool-ids.ts";
import { DIALECT } from "../wire.ts";
import { type ContentContext, encodePart, onlyText } from "./content.ts";
import { toolIdRules } from "./tool-id.ts";

/** The conversation in the vendor's shape. */
export interface Conversation {
  /** Blocks of the top-level `system`. */
  readonly system: (Body | Writable)[];
  readonly messages: Writable[];
  /** Whether it ends with results of tools that the model called without signed thinking before. */
  readonly continuesUnsigned: boolean;
}

interface Turn {
  readonly role: "user" | "assistant" | "system";
  readonly blocks: (Body | Writable)[];
  readonly extras: string[];
  /** Tool results, which stand before the blocks. */
  readonly results: (Body | Writable)[];
}

/**
 * Leading instructions go to `system`. Later ones stay in place where the model takes them there,
 * and are put into `system` otherwise. Results of tools and the user's words after them make one
 * user turn, results first, as the vendor demands; all other messages stay turns of their own.
 */
export function encodeMessages(
  messages: readonly Message[],
  midConversationSystem: boolean,
  report: EncodeReport,
): Conversation {
  const context: ContentContext = { report, ids: createToolIds(toolIdRules) };
  const system: (Body | Writable)[] = [];
  const turns: Turn[] = [];
  const nextRole = createNextRole(messages);
  for (const [index, message] of messages.entries()) {
    const path = `messages[${index}]`;
    const turn = encodeTurn(message, path, context);
    if (turn.role !== "system") addTurn(turns, turn, message, path, report);
    else if (turns.length === 0) appendAll(system, turn.blocks);
    else if (midConversationSystem && fitsHere(turns, nextRole(index)))
      addTurn(turns, turn, message, path, report);
    else {
      if (turn.blocks.length > 0) mapped(report, path);
      appendAll(system, turn.blocks);
    }
  }
  if (turns.length === 0 && system.length > 0) {
    mapped(report, "messages");
    return {
      system: [],
      messages: [{ role: "user", content: compact(system) }],
      continuesUnsigned: false,
    };
  }
  const printed = turns.map((turn) => printTurn(turn, report));
  return { system, messages: printed, continuesUnsigned: continuesUnsigned(turns) };
}

function continuesUnsigned(turns: readonly Turn[]): boolean {
  if ((turns.at(-1)?.results.length ?? 0) === 0) return false;
  const answer = turns.findLast((turn) => turn.role === "assistant");
  const first = answer?.results[0] ?? answer?.blocks[0];
  const type =
    typeof first === "object" && first !== null && "type" in first ? first.type : undefined;
  return type !== "thinking" && type !== "redacted_thinking";
}

/** A list of blocks, or the text where it is one plain text block. */
export function compact(blocks: readonly (Body | Writable)[]): Writable {
  return onlyText(blocks) ?? blocks;
}

function encodeTurn(message: Message, path: string, context: ContentContext): Turn {
  const { report } = context;
  const plainTool =
    message.role === Role.TOOL &&
    message.parts.some(({ content }) => content.case !== "toolResult");
  if (message.role === Role.DEVELOPER || plainTool) mapped(report, `${path}.role`);
  const turn: Turn = { role: roleOf(message.role), blocks: [], extras: [], results: [] };
  for (const [index, part] of message.parts.entries())
    addPart(turn, part, `${path}.parts[${index}]`, context);
  for (const [dialect, json] of Object.entries(message.extrasJson)) {
    if (dialect === DIALECT && turn.role !== "system") turn.extras.push(json);
    else if (dialect === DIALECT) dropped(report, `${path}.extras_json["${dialect}"]`);
  }
  return turn;
}

function addPart(turn: Turn, part: Part, path: string, context: ContentContext): void {
  if (turn.role === "system" && part.content.case !== "text" && part.content.case !== "opaque") {
    refuse(
      context.report,
      ErrorReason.UNSUPPORTED,
      path,
      "the vendor takes only text as instructions",
    );
    return;
  }
  const encoded = encodePart(part, path, context);
  if (encoded === undefined) return;
  if (!encoded.toolResult) {
    turn.blocks.push(encoded.block);
    return;
  }
  if (turn.blocks.length > 0) mapped(context.report, path);
  turn.results.push(encoded.block);
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
      return "assistant";
  }
}

/** Results join results before them, and what the user says after results joins them. */
function addTurn(
  turns: Turn[],
  turn: Turn,
  message: Message,
  path: string,
  report: EncodeReport,
): void {
  if (turn.blocks.length === 0 && turn.results.length === 0) {
    dropped(report, path);
    return;
  }
  const last = turns.at(-1);
  const joins = turn.role === "user" && last?.role === "user" && last.results.length > 0;
  const stillResults = last?.blocks.length === 0 || message.role === Role.TOOL;
  const sameSystem = turn.role === "system" && last?.role === "system";
  if (last === undefined || !((joins && stillResults) || sameSystem)) {
    turns.push(turn);
    return;
  }
  appendAll(last.results, turn.results);
  appendAll(last.blocks, turn.blocks);
  appendAll(last.extras, turn.extras);
}

/** The vendor takes an instruction only after a user turn and before the model's, or at the end. */
function fitsHere(turns: readonly Turn[], nextRole: Role | undefined): boolean {
  if (turns.at(-1)?.role === "assistant") return false;
  return nextRole === undefined || nextRole === Role.ASSISTANT;
}

/**
 * Finds the role of the next message that is no instruction. With growing indexes it looks at each
 * message once.
 */
function createNextRole(messages: readonly Message[]): (index: number) => Role | undefined {
  let next = 0;
  return (index) => {
    next = Math.max(next, index + 1);
    for (let message = messages[next]; message !== undefined; message = messages[next]) {
      if (roleOf(message.role) !== "system") return message.role;
      next += 1;
    }
    return undefined;
  };
}

function printTurn(turn: Turn, report: EncodeReport): Writable {
  const body: Body = {
    role: turn.role,
    content: compact(turn.results.length === 0 ? turn.blocks : [...turn.results, ...turn.blocks]),
  };
  for (const extras of turn.extras) {
    if (!mergeMembers(body, extras)) {
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
