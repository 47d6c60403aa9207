import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { handleCall } from "../attempt.ts";
import type { Body, Call, Handler, Piece, Reply } from "../call.ts";
import { endOf, wholeEnd } from "../life.ts";
import type { Operation } from "../operation.ts";
import type { Flowing } from "./flow.ts";
import { livingPieces } from "./living-pieces.ts";

/**
 * Makes other pieces of those of an answer, such as an async generator over them or `rewriteFlow`,
 * which costs each piece less. What it throws breaks the answer off; before its first piece it is
 * what the call is rejected with.
 */
export type RewritePieces = (pieces: Flowing<Piece>) => Flowing<Piece>;

/** How pieces are rewritten. */
export interface RewriteOptions {
  /**
   * Whether all pieces were handed on as they are, so that an answer that came whole keeps its
   * bytes; called at its end. The stage's `sees` may be `events` then. Absent: they were not.
   */
  readonly keeps?: () => boolean;
}

/**
 * Calls `next` and hands on what `rewrite` makes of the answer, which is the same for one that is
 * streamed and one that comes whole. The stage's `sees` must be `rewrites`, unless the options say
 * that it keeps them. The call ends with what was made, the part inside with the vendor's answer.
 * Operations without a stream pass as they are.
 */
export async function rewriteReply(
  call: Call,
  next: Handler,
  rewrite: RewritePieces,
  { keeps }: RewriteOptions = {},
): Promise<Reply> {
  const { operation } = call.request;
  if (operation.stream === undefined) return next(call);
  const { life } = call;
  const inside = life.child();
  const reply = await handleCall({ ...call, life: inside }, next);
  if (reply.body.kind === "stream") {
    const source = { pieces: rewrite(reply.body.pieces), stop: () => inside.abort() };
    const body: Body = { kind: "stream", pieces: await livingPieces(life, source) };
    return { ...reply, life, body };
  }
  try {
    const result = await collected(rewrite(piecesOf(reply.body, operation)), operation);
    life.end(wholeEnd(undefined));
    const body: Body = keeps?.() === true ? reply.body : { kind: "whole", result: () => result };
    return { ...reply, life, body };
  } catch (error) {
    life.end(endOf(error, life));
    throw error;
  }
}

/** An answer in pieces: one that came whole is one piece. Throws where it cannot be streamed. */
export async function* piecesOf(body: Body, { name, stream }: Operation): AsyncGenerator<Piece> {
  if (body.kind === "stream") yield* body.pieces;
  else if (stream === undefined) throw new Error(`the result of ${name} has no pieces`);
  else yield { events: stream.explode(body.result()) };
}

async function collected(pieces: Flowing<Piece>, { name, stream }: Operation) {
  if (stream === undefined) throw new Error(`the result of ${name} has no pieces`);
  const collector = stream.collect();
  const add = (event: Event): void => collector.add(event);
  for await (const { events } of pieces) events.forEach(add);
  return collector.result();
}
