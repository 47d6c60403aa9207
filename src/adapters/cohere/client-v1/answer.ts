import type { Citation } from "../../../../gen/parlance/chat/v1/citation_pb.js";
import { FinishReason } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import type { ToolCall } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { Usage } from "../../../../gen/parlance/chat/v1/usage_pb.js";
import type { FacadeContext } from "../../../core/dialect.ts";
import {
  arrayAt,
  intAt,
  isObject,
  type JsonObject,
  objectAt,
  parseJson,
  stringAt,
} from "../../../json/json.ts";
import { sourceText } from "../../../json/source-slice.ts";
import { rawJson, type Writable, writeJson } from "../../../json/write.ts";
import { list, openRequest } from "../../shared/request-cursor.ts";
import { encodeToolInput } from "../../shared/tool-input.ts";
import { encodeCitation } from "../citation.ts";
import { encodeFinishReason } from "../finish-reason.ts";
import { encodeUsage } from "../usage.ts";
import type { Draft } from "../wire.ts";

/** An answer under construction: its owner's, changed in place. */
export interface Answer {
  /** The request, whose documents are cited by their ids and whose history the answer repeats. */
  readonly origin: FacadeContext["origin"];
  text: string;
  readonly calls: Writable[];
  readonly citations: Writable[];
  /** What is cited, by id. */
  readonly documents: Map<string, Writable>;
  /** Characters of the answer that citations may still repeat. */
  repeatable: number;
}

/** What all citations of an answer may repeat of it; those beyond that come without their text. */
const MAX_REPEATED = 1024 * 1024;

/** An answer that says nothing yet. */
export function createAnswer({ origin }: Pick<FacadeContext, "origin">): Answer {
  return {
    origin,
    text: "",
    calls: [],
    citations: [],
    documents: new Map(),
    repeatable: MAX_REPEATED,
  };
}

/** Adds a call, which has no id in this dialect. Free text is the parameter `input`. */
export function addCall(
  { calls }: Answer,
  { name, input }: Pick<ToolCall, "name" | "input">,
): void {
  const parameters =
    input.case === "text" ? { input: input.value } : encodeToolInput(input.value ?? "").input;
  calls.push({ name, parameters });
}

/**
 * Adds a citation of the text that begins at `offset` of the answer, and what it cites. Gives it as
 * the client reads it; undefined where only another dialect can say it.
 */
export function addCitation(
  answer: Answer,
  citation: Citation,
  offset: number,
): Writable | undefined {
  const parsed = parseJson(writeJson(encodeCitation(citation, "", 0) ?? null));
  if (!parsed.ok || !isObject(parsed.value)) return undefined;
  const start = offset + (intAt(parsed.value, "start") ?? 0);
  const end = citation.answer === undefined ? answer.text.length : offset + citation.answer.end;
  const repeated = Math.max(0, Math.min(end, answer.text.length) - start);
  const text = repeated <= answer.repeatable ? answer.text.slice(start, end) : "";
  answer.repeatable -= Math.min(repeated, answer.repeatable);
  const ids = (arrayAt(parsed.value, "sources") ?? []).flatMap((source) =>
    isObject(source) ? [addSource(answer, source)] : [],
  );
  const added = { start, end, text, document_ids: ids };
  answer.citations.push(added);
  return added;
}

/** Documents of the request are cited by their own ids, and by `doc_0` where they have none. */
function addSource({ origin, documents }: Answer, source: JsonObject): string {
  const said = stringAt(source, "id") ?? "";
  const at = /^doc:(\d{1,6})$/.exec(said)?.[1];
  const sent =
    at === undefined ? undefined : arrayAt(origin?.json ?? {}, "documents")?.[Number(at)];
  const own = isObject(sent) ? sent : undefined;
  const id = at === undefined ? said : (stringAt(own ?? {}, "id") ?? `doc_${at}`);
  const cited = own ?? objectAt(source, "document") ?? objectAt(source, "tool_output") ?? {};
  if (!documents.has(id)) documents.set(id, { ...textsOf(cited), id });
  return id;
}

/** Documents of version 1 are texts by name. */
function textsOf(json: JsonObject): Draft {
  return Object.fromEntries(
    Object.entries(json).flatMap(([key, value]) => {
      if (value === null || value === undefined) return [];
      return [[key, typeof value === "string" ? value : JSON.stringify(value)] as const];
    }),
  );
}

/** How an answer ended. */
export interface AnswerEnd {
  readonly reason: FinishReason;
  readonly usage: Usage | undefined;
  readonly id: string;
}

/**
 * A whole answer as the vendor's former clients expect it
 * (https://docs.cohere.com/reference/chat-v1, 2026-11).
 */
export function encodeAnswer(answer: Answer, { reason, usage, id }: AnswerEnd): Draft {
  const { text, calls, citations, documents } = answer;
  const filled = <T>(found: readonly T[]): readonly T[] | undefined =>
    found.length === 0 ? undefined : found;
  return {
    response_id: id,
    generation_id: id,
    text,
    chat_history: [
      ...earlierTurns(answer.origin),
      { role: "CHATBOT", message: text, tool_calls: filled(calls) },
    ],
    finish_reason: encodeFormerReason(reason),
    meta: {
      api_version: { version: "1" },
      ...(usage === undefined ? undefined : encodeUsage(usage)),
    },
    citations: filled(citations),
    documents: filled([...documents.values()]),
    tool_calls: filled(calls),
  };
}

/** The word of version 1 for a reason: calls are no reason of their own. */
export function encodeFormerReason(reason: FinishReason): string {
  if (reason === FinishReason.CONTEXT_WINDOW) return "ERROR_LIMIT";
  const word = encodeFinishReason(reason, false);
  return word === "TOOL_CALL" ? "COMPLETE" : word;
}

/** What the request says of the conversation, in its own bytes. */
function earlierTurns(origin: FacadeContext["origin"]): Writable[] {
  if (origin === undefined) return [];
  const cursor = openRequest(origin.json, origin.body);
  const texts = (key: string): Writable[] =>
    list(cursor, key).map(({ json, source }) => rawJson(sourceText(source, json)));
  const { message } = origin.json;
  const results = texts("tool_results");
  return [
    ...texts("chat_history"),
    ...(typeof message === "string" && message !== "" ? [{ role: "USER", message }] : []),
    ...(results.length === 0 ? [] : [{ role: "TOOL", tool_results: results }]),
  ];
}
