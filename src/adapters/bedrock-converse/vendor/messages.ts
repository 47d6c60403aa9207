import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import { type Message, Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { CacheHint, Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { appendAll } from "../../../core/append-all.ts";
import {
  dropped,
  type EncodeReport,
  emulated,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import { type Body, mergeMembers } from "../../../json/members.ts";
import type { Writable } from "../../../json/write.ts";
import { createToolIds, type ToolIdRules } from "../../shared/tool-ids.ts";
import { DIALECT } from "../wire.ts";
import { encodeCachePoint } from "./cache-control.ts";
import { type ContentContext, encodePart } from "./content.ts";
import { createDocumentNames } from "./media.ts";
import type { ModelTraits } from "./model-traits.ts";

const VALID = /^[a-zA-Z0-9_-]{1,64}$/;

/**
 * What the vendor takes as ids of tool calls: `^[a-zA-Z0-9_-]{1,64}$`, see
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolUseBlock.html.
 */
export const toolIdRules: ToolIdRules = {
  valid: (id) => VALID.test(id),
  kept: 47,
  unnamed: "tooluse_unnamed",
};

/** The conversation in the vendor's shape. */
export interface Conversation {
  readonly system: Writable[];
  readonly messages: Writable[];
  /**
   * Whether it ends with results of tools that the model called without signed reasoning before.
   */
  readonly continuesUnsigned: boolean;
}

interface Extras {
  readonly path: string;
  readonly json: string;
}

interface Turn {
  readonly role: "user" | "assistant" | "system";
  readonly blocks: Writable[];
  readonly extras: Extras[];
  /** Tool results and their cache points, which stand before the blocks. */
  readonly results: Writable[];
}

/**
 * Leading instructions go to `system`. Later ones stay in place where the model takes them there,
 * and are put into `system` otherwise. In each turn results of tools come first.
 */
export function encodeMessages(
  chat: Chat,
  traits: ModelTraits,
  report: EncodeReport,
): Conversation {
  const context: ContentContext = {
    report,
    traits,
    ids: createToolIds(toolIdRules),
    names: createDocumentNames(),
  };
  const system: Writable[] = [];
  const turns: Turn[] = [];
  for (const [index, message] of chat.messages.entries()) {
    const path = `messages[${index}]`;
    const turn = encodeTurn(message, path, context);
    const stays = turn.role !== "system" || (turns.length > 0 && traits.midConversationSystem);
    if (stays || isEmpty(turn)) addTurn(turns, turn, path, report);
    else {
      if (turns.length > 0) mapped(report, path, MOVED);
      appendAll(system, turn.blocks);
    }
  }
  if (turns.length === 0 && system.length > 0) {
    mapped(report, "messages", "sent as a user turn, for the vendor demands one");
    turns.push({ role: "user", blocks: system.splice(0), extras: [], results: [] });
  }
  for (const turn of turns) addWords(turn, report);
  if (chat.cache !== undefined) addAutomaticPoint(chat.cache, turns, traits, report);
  const messages = turns.map((turn) => printTurn(turn, report));
  return { system, messages, continuesUnsigned: continuesUnsigned(turns) };
}

const MOVED = "moved to the system prompt, for the model takes instructions only there";

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
    if (dialect !== DIALECT) continue;
    const field = `${path}.extras_json["${dialect}"]`;
    if (turn.role === "system") dropped(report, field);
    else turn.extras.push({ path: field, json });
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
    if (encoded.pointBefore !== undefined)
      addPointBefore(turn, encoded.pointBefore, `${path}.cache`, context.report);
    appendAll(turn.blocks, encoded.blocks);
    return;
  }
  if (turn.blocks.length > 0) mapped(context.report, path);
  appendAll(turn.results, encoded.blocks);
}

/**
 * A cache point behind a document other than a PDF fails
 * (https://github.com/strands-agents/harness-sdk/pull/2001): it stands before it, where something
 * comes before that can be cached.
 */
function addPointBefore(turn: Turn, point: Writable, path: string, report: EncodeReport): void {
  const before = lastBlock(turn);
  const unfit = ["cachePoint", "document", "reasoningContent"].some((name) =>
    hasMember(before, name),
  );
  if (before === undefined || unfit) {
    dropped(
      report,
      path,
      "the vendor takes no cache point behind this document, and none can stand before it",
    );
    return;
  }
  mapped(report, path, "a cache point before the document, for the vendor takes none behind it");
  turn.blocks.push(point);
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

function addTurn(turns: Turn[], turn: Turn, path: string, report: EncodeReport): void {
  if (isEmpty(turn)) {
    dropped(report, path);
    return;
  }
  turns.push(turn);
}

/** The vendor places no mark by itself: the end of the conversation is marked instead. */
function addAutomaticPoint(
  cache: CacheHint,
  turns: readonly Turn[],
  traits: ModelTraits,
  report: EncodeReport,
): void {
  const last = turns.at(-1);
  const point = encodeCachePoint(cache, "cache", traits, report);
  if (last === undefined || point === undefined) return;
  const end = lastBlock(last);
  if (hasMember(end, "cachePoint")) {
    mapped(report, "cache");
  } else if (hasMember(end, "reasoningContent") || hasMember(end, "document")) {
    dropped(report, "cache", "the vendor takes no cache point at the end of this conversation");
  } else {
    emulated(report, "cache");
    last.blocks.push(point);
  }
}

/** The vendor refuses documents without words, and words without a visible character. */
function addWords(turn: Turn, report: EncodeReport): void {
  const bare = turn.blocks.some((block) => hasMember(block, "document"));
  if (!bare || turn.blocks.some((block) => hasMember(block, "text"))) return;
  emulated(report, "messages");
  turn.blocks.push({ text: "." });
}

function continuesUnsigned(turns: readonly Turn[]): boolean {
  if ((turns.at(-1)?.results.length ?? 0) === 0) return false;
  const answer = turns.findLast((turn) => turn.role === "assistant");
  return !hasMember(answer?.results[0] ?? answer?.blocks[0], "reasoningContent");
}

function isEmpty({ blocks, results }: Turn): boolean {
  return blocks.length === 0 && results.length === 0;
}

function lastBlock({ blocks, results }: Turn): Writable | undefined {
  return blocks.at(-1) ?? results.at(-1);
}

function hasMember(block: Writable | undefined, name: string): boolean {
  return typeof block === "object" && block !== null && name in block;
}

function printTurn(turn: Turn, report: EncodeReport): Writable {
  const body: Body = {
    role: turn.role,
    content: turn.results.length === 0 ? turn.blocks : [...turn.results, ...turn.blocks],
  };
  for (const { path, json } of turn.extras) {
    if (!mergeMembers(body, json))
      refuse(report, ErrorReason.INVALID_REQUEST, path, "must be a JSON object");
  }
  return body;
}
