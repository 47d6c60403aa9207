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
 * All events of an answer, from start to usage, choice by choice; each of `n` choices says the
 * same. They are made as they are taken, so that a long answer is never there as a whole. The id is
 * a hash of the model and the request, so that the same request has the same id whether it is
 * streamed or not.
 */
export function* answerSteps(
  answer: PlannedAnswer,
  { chat, model, stream }: AnswerContext,
): Generator<AnswerStep, void, undefined> {
  yield step({ case: "messageStart", value: { id: `sim-${hashText(model, chat)}`, model } });
  let tokens = 0;
  for (let choice = 0; choice < (chat.n ?? 1); choice += 1) {
    for (const [part, said] of partsOf(answer).entries()) {
      for (const next of partSteps(said, { choice, part }, stream)) {
        tokens += next.tokens;
        yield next;
      }
    }
    const { finish: reason, stopSequence } = answer;
    yield step({ case: "finish", value: { choice, reason, vendorReason: "", stopSequence } });
  }
  yield usageStep(answer, chat, tokens);
}

type EventInit = NonNullable<Parameters<typeof create<typeof EventSchema>>[1]>["event"];
type SaidKind = "reasoning" | "refusal" | "text";
type Said =
  | { readonly kind: SaidKind; readonly text: string }
  | { readonly kind: "call"; readonly call: PlannedCall };
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

function* partSteps(
  said: Said,
  place: Place,
  stream: boolean,
): Generator<AnswerStep, void, undefined> {
  if (said.kind === "call") yield* callSteps(said.call, place, stream);
  else {
    const { kind, text } = said;
    for (const piece of pieces(text, stream))
      yield step(delta(kind, place, piece.text), piece.tokens);
    if (kind === "reasoning") {
      yield step({
        case: "reasoningDelta",
        value: { ...place, signature: `sim-${hashText(text)}`, dialect: "sim" },
      });
    }
  }
  yield step({ case: "partEnd", value: place });
}

/** At least one, so that an empty part begins too. */
function pieces(text: string, stream: boolean): Iterable<TextPiece> {
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

function* callSteps(
  { input, ...call }: PlannedCall,
  place: Place,
  stream: boolean,
): Generator<AnswerStep, void, undefined> {
  yield step({ case: "toolCallStart", value: { ...place, ...call } }, countTextTokens(call.name));
  for (const piece of pieces(input, stream)) {
    yield step({ case: "toolCallDelta", value: { ...place, input: piece.text } }, piece.tokens);
  }
}

function usageStep({ reasoning }: PlannedAnswer, chat: Chat, output: number): AnswerStep {
  const input = countPromptTokens(chat);
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
