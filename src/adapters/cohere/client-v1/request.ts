import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { Demand } from "../../../core/beside-request.ts";
import type { Decoded } from "../../../core/dialect.ts";
import { isPresent, type MemberText, membersOf, printMembers } from "../../../json/members.ts";
import type { ChatRequest } from "../../shared/json-codec.ts";
import { demand, noteUnknown, takeExtras } from "../../shared/notes/unknown-members.ts";
import {
  boolean,
  type Cursor,
  integer,
  list,
  openRequest,
  outcome,
  string,
  word,
} from "../../shared/request-cursor.ts";
import { decodeChat } from "../client/request.ts";
import { NAME } from "../wire.ts";
import { decodeMessages } from "./messages.ts";
import { decodeTools } from "./tools.ts";

const known: ReadonlySet<string> = new Set([
  "model",
  "message",
  "preamble",
  "chat_history",
  "conversation_id",
  "prompt_truncation",
  "connectors",
  "search_queries_only",
  "documents",
  "citation_quality",
  "temperature",
  "max_tokens",
  "max_input_tokens",
  "k",
  "p",
  "seed",
  "stop_sequences",
  "frequency_penalty",
  "presence_penalty",
  "raw_prompting",
  "tools",
  "tool_results",
  "force_single_step",
  "response_format",
  "safety_mode",
  "stream",
]);

/**
 * Reads a call of `/v1/chat` (https://docs.cohere.com/reference/chat-v1, 2026-11) by one of the
 * vendor's former clients. What only version 1 has is refused where it refers to what the vendor
 * keeps or searches, and else reported as lost; what version 2 calls otherwise is kept in the
 * extras in its words. Reports all problems at once.
 */
export function decodeRequest(json: Cursor["json"], body: Uint8Array): Decoded<ChatRequest> {
  const cursor = openRequest(json, body);
  const stream = boolean(cursor, "stream") ?? false;
  noteKept(cursor);
  const quality = word(cursor, "citation_quality", qualities);
  const cited = quality === undefined ? undefined : cites(quality);
  const chat = decodeChat(cursor, () => ({
    messages: decodeMessages(cursor, cited),
    tools: decodeTools(cursor),
  }));
  noteUnknown(cursor, known);
  chat.extrasJson = takeExtras(cursor, NAME, 0);
  addRenamed(cursor, chat, quality);
  noteLost(cursor);
  return outcome(cursor, { chat, stream });
}

const only = (message: string): Omit<Demand, "path"> => ({ message, dialects: [] });

/** Notes what no vendor behind the gateway can have, so that the request is refused. */
function noteKept(cursor: Cursor): void {
  if ((string(cursor, "conversation_id") ?? "") !== "")
    demand(
      cursor,
      "conversation_id",
      only("conversations are not kept here: send the whole conversation as chat_history"),
    );
  if (list(cursor, "connectors").length > 0)
    demand(
      cursor,
      "connectors",
      only("connectors are not called here: search first and send what is found as documents"),
    );
  if (boolean(cursor, "search_queries_only") === true)
    demand(
      cursor,
      "search_queries_only",
      only("search queries are not made here: offer a search as one of the tools"),
    );
}

const qualities: ReadonlyMap<string, string> = new Map(
  ["ENABLED", "DISABLED", "FAST", "ACCURATE", "OFF"].flatMap((mode) => [
    [mode, mode],
    [mode.toLowerCase(), mode],
  ]),
);

const safetyModes: ReadonlyMap<string, string> = new Map([
  ["CONTEXTUAL", "CONTEXTUAL"],
  ["STRICT", "STRICT"],
  ["NONE", "OFF"],
  ["OFF", "OFF"],
]);

function cites(quality: string): boolean {
  return quality !== "OFF" && quality !== "DISABLED";
}

/**
 * Knobs that version 2 calls otherwise, as extras in its words. That documents are not to be cited
 * the documents say themselves.
 */
function addRenamed(cursor: Cursor, chat: Chat, quality: string | undefined): void {
  const { json, request } = cursor;
  const mode = word(cursor, "safety_mode", safetyModes);
  const documents = Array.isArray(json.documents) && json.documents.length > 0;
  const said = quality !== undefined && documents && !cites(quality);
  const renamed: MemberText[] = [];
  const members: MemberText[] = [];
  const add = (key: string, sentAs: string, value: object | string): void => {
    members.push([key, JSON.stringify(json[key])]);
    renamed.push([sentAs, JSON.stringify(value)]);
  };
  if (mode !== undefined) add("safety_mode", "safety_mode", mode);
  if (quality !== undefined && !said)
    add("citation_quality", "citation_options", { mode: quality });
  if (members.length === 0) return;
  const others = membersOf(chat.extrasJson[NAME] ?? "{}") ?? [];
  chat.extrasJson[NAME] = printMembers([...others, ...renamed]);
  request.unknown.push({ path: "", members, extras: chat.extrasJson, dialect: NAME });
}

/** Notes what is known and has no place in any request, version 2 included. */
function noteLost(cursor: Cursor): void {
  const { json, request } = cursor;
  integer(cursor, "max_input_tokens", [0, 100_000_000]);
  const lost = [
    ...(isPresent(json.max_input_tokens) ? ["max_input_tokens"] : []),
    ...((string(cursor, "prompt_truncation") ?? "OFF") === "OFF" ? [] : ["prompt_truncation"]),
    ...["raw_prompting", "force_single_step"].filter((key) => boolean(cursor, key) === true),
  ];
  if (lost.length === 0) return;
  const members = lost.map((key): MemberText => [key, JSON.stringify(json[key])]);
  request.unknown.push({ path: "", members, extras: undefined, dialect: NAME });
}
