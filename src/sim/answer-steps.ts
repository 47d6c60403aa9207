import { create } from "@bufbuild/protobuf";
import type { Chat } from "../../gen/parlance/chat/v1/chat_pb.js";
import { type Event, EventSchema } from "../../gen/parlance/chat/v1/event_pb.js";
import { countPromptTokens, countTextTokens } from "./count-tokens.ts";
import { hashText } from "./hash.ts";
import type { PlannedAnswer } from "./plan-answer.ts";
import type { PlannedCall } from "./plan-tool-calls.ts";
import { type TextPiece, textPieces } from "./text-pieces.ts";

/** One event of an answer and the output tokens it is worth. */
export interface AnswerStep {
  readonly event: Event;
  readonly tokens: number;
}

/** What the events of an answer are made from. */
export interface AnswerContext {
  readonly chat: Chat;
  readonly model: string;
  /** Cut into words; otherwise each part is one delta. */
  readonly stream: boolean;
}

/**
 * All events of an answer, from start to usage, choice by choice; each of `n` choices says the same. The id is a hash
 * of the model and the request, so that the same request has the same id whether it is streamed or not.
 */
export function answerSteps(answer: PlannedAnswer, { chat, model, stream }: AnswerContext): AnswerStep[] {
  const steps: AnswerStep[] = [step({ case: "messageStart", value: { id: `sim-${hashText(model, chat)}`, model } })];
  for (let choice = 0; choice < (chat.n ?? 1); choice += 1) {
    for (const [part, said] of partsOf(answer).entries()) steps.push(...partSteps(said, { choice, part }, stream));
    const { finish: reason, stopSequence } = answer;
    steps.push(step({ case: "finish", value: { choice, reason, vendorReason: "", stopSequence } }));
  }
  steps.push(usageStep(answer, chat, steps));
  return steps;
}

type EventInit = NonNullable<Parameters<typeof create<typeof EventSchema>>[1]>["event"];
type SaidKind = "reasoning" | "refusal" | "text";
type Said = { readonly kind: SaidKind; readonly text: string } | { readonly kind: "call"; readonly call: PlannedCall };
type Place = { readonly choice: number; readonly part: number };

function step(event: NonNullable<EventInit>, tokens = 0): AnswerStep {
  return { event: create(EventSchema, { event }), tokens };
}

function partsOf({ reasoning, refusal, text, calls }: PlannedAnswer): Said[] {
  const parts: Said[] = [];
  if (reasoning !== "") parts.push({ kind: "reasoning", text: reasoning });
  if (refusal !== "") parts.push({ kind: "refusal", text: refusal });
  if (text !== undefined) parts.push({ kind: "text", text });
  for (const call of calls) parts.push({ kind: "call", call });
  return parts;
}

function partSteps(said: Said, place: Place, stream: boolean): AnswerStep[] {
  const end = step({ case: "partEnd", value: place });
  if (said.kind === "call") return [...callSteps(said.call, place, stream), end];
  const { kind, text } = said;
  const deltas = pieces(text, stream).map((piece) => step(delta(kind, place, piece.text), piece.tokens));
  if (kind !== "reasoning") return [...deltas, end];
  const proof = step({
    case: "reasoningDelta",
    value: { ...place, signature: `sim-${hashText(text)}`, dialect: "sim" },
  });
  return [...deltas, proof, end];
}

/** At least one, so that an empty part begins too. */
function pieces(text: string, stream: boolean): readonly TextPiece[] {
  return stream && text !== "" ? textPieces(text) : [{ text, tokens: countTextTokens(text) }];
}

function delta(kind: SaidKind, place: Place, text: string): NonNullable<EventInit> {
  switch (kind) {
    case "reasoning":
      return { case: "reasoningDelta", value: { ...place, text } };
    case "refusal":
      return { case: "refusalDelta", value: { ...place, text } };
    case "text":
      return { case: "textDelta", value: { ...place, text } };
  }
}

function callSteps({ id, name, custom, input }: PlannedCall, place: Place, stream: boolean): AnswerStep[] {
  const start = step({ case: "toolCallStart", value: { ...place, id, name, custom } }, countTextTokens(name));
  const deltas = pieces(input, stream).map((piece) =>
    step({ case: "toolCallDelta", value: { ...place, input: piece.text } }, piece.tokens),
  );
  return [start, ...deltas];
}

function usageStep({ reasoning }: PlannedAnswer, chat: Chat, steps: readonly AnswerStep[]): AnswerStep {
  const input = countPromptTokens(chat);
  const output = steps.reduce((sum, { tokens }) => sum + tokens, 0);
  const thinking = countTextTokens(reasoning) * (chat.n ?? 1);
  return step({
    case: "usage",
    value: {
      inputTokens: BigInt(input),
      outputTokens: BigInt(output),
      totalTokens: BigInt(input + output),
      ...(reasoning === "" ? {} : { reasoningTokens: BigInt(thinking) }),
    },
  });
}
