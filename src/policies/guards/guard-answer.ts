import { isMessage } from "@bufbuild/protobuf";
import { CompletionSchema, FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import { handleCall } from "../../core/attempt.ts";
import type { Body, Call, Handler, Piece, Reply } from "../../core/call.ts";
import { endOf, wholeEnd } from "../../core/life.ts";
import type { Flowing } from "../../core/reply/flow.ts";
import { rewriteFlow } from "../../core/reply/rewrite-flow.ts";
import { rewriteReply } from "../../core/reply/rewrite-reply.ts";
import { finish, messageStart, partEnd, textDelta } from "../../events/make-events.ts";
import type { Check } from "./check.ts";
import { checkContent } from "./check-content.ts";
import { GuardBlocked } from "./guard-fault.ts";
import { holdAnswer } from "./hold-answer.ts";

/** What is known of an answer beside its pieces. */
export interface GuardedAnswer {
  /** Called when all of it was looked at. */
  readonly passed?: () => void;
  /** What its text says already, which this one goes on with. Absent: nothing. */
  readonly said?: string | undefined;
}

/** Calls `next` and hands on its answer as checks leave it, which fails as they say. */
export async function guardAnswer(
  call: Call,
  next: Handler,
  checks: readonly Check[],
  { passed = () => undefined, said }: GuardedAnswer = {},
): Promise<Reply> {
  if (checks.length === 0) return next(call);
  if (call.request.operation.stream === undefined) {
    const reply = await guardResult(call, next, checks);
    passed();
    return reply;
  }
  const { life, trace } = call;
  const meter = { nowMs: () => life.nowMs, heldBack: (ms: number) => trace.heldBack(ms) };
  let changed = checks.some(({ replaces }) => replaces);
  const rewrite = (pieces: Flowing<Piece>) =>
    answering(call, holdAnswer(pieces, checks, { said, meter }), {
      passed,
      replaced: () => {
        changed = true;
      },
    });
  return rewriteReply(call, next, rewrite, { keeps: () => !changed });
}

/** A result that comes whole, such as that of a rerank. */
async function guardResult(call: Call, next: Handler, checks: readonly Check[]): Promise<Reply> {
  const { life, request } = call;
  const reply = await handleCall({ ...call, life: life.child() }, next);
  const { body } = reply;
  if (body.kind === "stream") return reply;
  try {
    const result = body.result();
    const checked = await checkContent(checks, request.operation.result, result, "output");
    life.end(wholeEnd(undefined));
    if (checked === result) return { ...reply, life };
    return { ...reply, life, body: { kind: "whole", result: () => checked } };
  } catch (error) {
    life.end(endOf(error, life));
    throw error;
  }
}

/** Answers with the text of a guard that has blocked before anything was handed on, if it has one. */
function answering(
  call: Call,
  pieces: Flowing<Piece>,
  events: { readonly passed: () => void; readonly replaced: () => void },
): Flowing<Piece> {
  let begun = false;
  return rewriteFlow<Piece, Piece>(pieces, {
    take(piece) {
      begun ||= piece.events.length > 0;
      return [piece];
    },
    end() {
      events.passed();
      return [];
    },
    fail(error) {
      if (begun || !(error instanceof GuardBlocked) || error.guard.answer === "") throw error;
      events.replaced();
      return [{ events: answerEvents(call, error.guard.answer) }];
    },
  });
}

/** The answer that a guard gives in place of a model; undefined where it has none. */
export function answerOf(call: Call, error: unknown): Reply | undefined {
  const { life, request, model } = call;
  const { stream } = request.operation;
  if (!(error instanceof GuardBlocked) || error.guard.answer === "" || stream === undefined)
    return undefined;
  const events = answerEvents(call, error.guard.answer);
  const collector = stream.collect();
  for (const event of events) collector.add(event);
  const result = collector.result();
  if (!isMessage(result, CompletionSchema)) return undefined;
  life.end(wholeEnd(undefined));
  const body: Body = request.stream
    ? { kind: "stream", pieces: onePiece({ events }) }
    : { kind: "whole", result: () => result };
  const target = { provider: "parlance", model };
  return { life, target, dialect: "parlance", report: [], headers: {}, body };
}

async function* onePiece(piece: Piece): AsyncGenerator<Piece> {
  yield piece;
}

function answerEvents({ id, model }: Call, text: string): Piece["events"] {
  return [
    messageStart(id, model, ""),
    textDelta(0, text),
    partEnd(0),
    finish(FinishReason.CONTENT_FILTER, "", ""),
  ];
}
