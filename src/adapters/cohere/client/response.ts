import type { Choice, Completion } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import type { Part, Reasoning, Text, ToolCall } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { FacadeContext } from "../../../core/dialect.ts";
import { rawJson, type Writable, writeJson } from "../../../json/write.ts";
import { encodeCitation } from "../citation.ts";
import { addAnswerExtras } from "../extras.ts";
import { encodeFinishReason } from "../finish-reason.ts";
import { encodeLogprobs } from "../logprobs.ts";
import { encodeUsage } from "../usage.ts";
import { type Draft, NAME, TOOL_PLAN } from "../wire.ts";

/**
 * An answer as the vendor's clients expect it. They know one answer: with n > 1 the first is sent.
 */
export function encodeResponse(completion: Completion, context: FacadeContext): string {
  const choice = completion.choices[0];
  const message = encodeMessage(choice, context.callId);
  const draft: Draft = {
    id: completion.id === "" ? context.callId : completion.id,
    finish_reason: encodeFinishReason(choice?.finishReason ?? 0, message.tool_calls !== undefined),
    message,
    usage: completion.usage === undefined ? undefined : encodeUsage(completion.usage),
    logprobs: choice?.logprobs === undefined ? undefined : encodeLogprobs(choice.logprobs),
  };
  addAnswerExtras(draft, completion.extrasJson[NAME]);
  return writeJson(draft);
}

/** Whether a thought is the vendor's plan for its tools. */
export function isPlan({ id, dialect }: Pick<Reasoning, "id" | "dialect">): boolean {
  return id === TOOL_PLAN && dialect === NAME;
}

/** The id of a call whose vendor gave none. */
export function callIdOf(id: string, callId: string, at: number): string {
  return id === "" ? `call_${callId}_${at}` : id;
}

/** Arguments as a JSON text; free text is the member `input`. */
export function argumentsOf({ input }: ToolCall): string {
  if (input.case === "text") return JSON.stringify({ input: input.value });
  return input.value === undefined || input.value === "" ? "{}" : input.value;
}

/** The message under construction. */
interface Said {
  readonly content: Writable[];
  readonly calls: Writable[];
  readonly citations: Writable[];
  plan: string;
  /** Characters of the answer that citations may still repeat. */
  repeatable: number;
}

/**
 * What all citations of an answer may repeat of its text; those beyond it are sent without their
 * text.
 */
const MAX_REPEATED = 1024 * 1024;

function encodeMessage(choice: Choice | undefined, callId: string): Draft {
  const said: Said = { content: [], calls: [], citations: [], plan: "", repeatable: MAX_REPEATED };
  for (const { content } of choice?.message?.parts ?? []) addPart(said, content, callId);
  const filled = (list: readonly Writable[]): readonly Writable[] | undefined =>
    list.length === 0 ? undefined : list;
  return {
    role: "assistant",
    content: filled(said.content),
    tool_plan: said.plan === "" ? undefined : said.plan,
    tool_calls: filled(said.calls),
    citations: filled(said.citations),
  };
}

function addPart(said: Said, content: Part["content"], callId: string): void {
  switch (content.case) {
    case "text":
      addText(said, content.value);
      return;
    case "refusal":
      said.content.push({ type: "text", text: content.value.text });
      return;
    case "audio":
      if (content.value.transcript !== "")
        said.content.push({ type: "text", text: content.value.transcript });
      return;
    case "reasoning":
      addReasoning(said, content.value);
      return;
    case "toolCall": {
      const id = callIdOf(content.value.id, callId, said.calls.length);
      const body = { name: content.value.name, arguments: argumentsOf(content.value) };
      said.calls.push({ id, type: "function", function: body });
      return;
    }
    case "opaque":
      if (content.value.dialect === NAME) said.content.push(rawJson(content.value.json));
      return;
    case "image":
    case "video":
    case "document":
    case "toolResult":
    case undefined:
      return;
  }
}

function addText(said: Said, { text, citations }: Text): void {
  for (const citation of citations) {
    const { start = 0, end = text.length } = citation.answer ?? {};
    const repeated = Math.max(0, Math.min(end, text.length) - start);
    const encoded = encodeCitation(
      citation,
      repeated <= said.repeatable ? text : "",
      said.content.length,
    );
    said.repeatable -= Math.min(repeated, said.repeatable);
    if (encoded !== undefined) said.citations.push(encoded);
  }
  said.content.push({ type: "text", text });
}

function addReasoning(said: Said, reasoning: Reasoning): void {
  const words = reasoning.text === "" ? reasoning.summaries.join("\n\n") : reasoning.text;
  if (isPlan(reasoning)) said.plan += words;
  else if (words !== "") said.content.push({ type: "thinking", thinking: words });
}
