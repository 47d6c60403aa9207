import type { Reasoning } from "../../../gen/parlance/chat/v1/part_pb.js";
import { arrayAt, intAt, isObject, type Json, type JsonObject, stringAt } from "../../json/json.ts";
import type { Draft } from "./wire.ts";

/**
 * One entry of `reasoning_details` (OpenRouter) or `thinking_blocks` (LiteLLM), both of which carry
 * signatures through clients that only know OpenAI's dialect.
 */
export interface ReasoningEntry {
  /** Entries with the same index belong to one part. Undefined: the part that is open. */
  readonly index: number | undefined;
  readonly text: string;
  readonly summary: string;
  readonly signature: string;
  readonly encrypted: string;
  readonly id: string;
  readonly dialect: string;
  /** It says itself that it proves no words. */
  readonly wordless: boolean;
}

const ANTHROPIC = "anthropic-messages";

/**
 * Formats of `reasoning_details` that name the dialect which signed; others stand for themselves.
 */
const dialects: ReadonlyMap<string, string> = new Map([
  ["anthropic-claude-v1", ANTHROPIC],
  ["openai-responses-v1", "openai-responses"],
  ["google-gemini-v1", "gemini"],
  ["unknown", ""],
]);

const formats: ReadonlyMap<string, string> = new Map(
  [...dialects].map(([format, dialect]) => [dialect, format]),
);

/**
 * The entries of a message or delta, as far as one beyond `most`; empty when it has none. Details
 * win over blocks: they say more.
 */
export function readEntries(
  message: JsonObject,
  most = Number.POSITIVE_INFINITY,
): readonly ReasoningEntry[] {
  const details = arrayAt(message, "reasoning_details");
  if (details !== undefined && details.length > 0)
    return details.slice(0, most + 1).flatMap(readDetail);
  return (
    arrayAt(message, "thinking_blocks")
      ?.slice(0, most + 1)
      .flatMap(readBlock) ?? []
  );
}

/** The words of a message or delta that stand in a plain field. */
export function readPlainReasoning(message: JsonObject): string {
  return stringAt(message, "reasoning_content") ?? stringAt(message, "reasoning") ?? "";
}

/** Entries for a part, in the format of `reasoning_details`; `index` says which part it is. */
export function encodeDetails(reasoning: Reasoning, index: number): Draft[] {
  const format =
    reasoning.dialect === "" ? undefined : (formats.get(reasoning.dialect) ?? reasoning.dialect);
  const shared: Draft = { id: reasoning.id === "" ? undefined : reasoning.id, format, index };
  const entries: Draft[] = reasoning.summaries.map((summary) => ({
    type: "reasoning.summary",
    summary,
    ...shared,
  }));
  if (reasoning.text !== "" || reasoning.signature !== "") {
    const signature = reasoning.signature === "" ? undefined : reasoning.signature;
    entries.push({ type: "reasoning.text", text: reasoning.text, signature, ...shared });
  }
  if (reasoning.encrypted !== "")
    entries.push({ type: "reasoning.encrypted", data: reasoning.encrypted, ...shared });
  return entries;
}

/** A part in the format of `thinking_blocks`. */
export function encodeBlock(reasoning: Reasoning): Draft {
  if (reasoning.encrypted !== "") return { type: "redacted_thinking", data: reasoning.encrypted };
  return { type: "thinking", thinking: reasoning.text, signature: reasoning.signature };
}

/** Whether a part needs no more than its words. */
export function isPlain({ signature, encrypted, summaries, id, dialect }: Reasoning): boolean {
  return (
    signature === "" && encrypted === "" && summaries.length === 0 && id === "" && dialect === ""
  );
}

/** Whether `thinking_blocks` can say all of a part. */
export function isBlock({
  text,
  signature,
  encrypted,
  summaries,
  id,
  dialect,
}: Reasoning): boolean {
  if (dialect !== ANTHROPIC || summaries.length > 0 || id !== "") return false;
  return encrypted === "" || (text === "" && signature === "");
}

/** The words of a part for people: the reasoning itself, or else its summaries. */
export function wordsOf({ text, summaries }: Reasoning): string {
  return text === "" ? summaries.join("\n\n") : text;
}

function readDetail(json: Json): readonly ReasoningEntry[] {
  if (!isObject(json)) return [];
  const format = stringAt(json, "format") ?? "";
  return [
    {
      index: intAt(json, "index"),
      text: stringAt(json, "text") ?? "",
      summary: stringAt(json, "summary") ?? "",
      signature: stringAt(json, "signature") ?? "",
      encrypted: stringAt(json, "data") ?? "",
      id: stringAt(json, "id") ?? "",
      dialect: dialects.get(format) ?? format,
      wordless: json.type === "reasoning.text" && json.text === "",
    },
  ];
}

function readBlock(json: Json): readonly ReasoningEntry[] {
  if (!isObject(json)) return [];
  return [
    {
      index: undefined,
      text: stringAt(json, "thinking") ?? "",
      summary: "",
      signature: stringAt(json, "signature") ?? "",
      encrypted: stringAt(json, "data") ?? "",
      id: "",
      dialect: ANTHROPIC,
      wordless: false,
    },
  ];
}
