import type { Call, Piece, Reply } from "../../../src/core/call.ts";
import type { Stage } from "../../../src/core/compose.ts";
import { livingPieces } from "../../../src/core/reply/living-pieces.ts";
import { watchReply } from "../../../src/core/reply/watch-reply.ts";

/** An answer that was whole, with its pieces where it was streamed. */
export interface CachedReply {
  readonly reply: Reply;
  readonly pieces: readonly Piece[];
}

/** Replays the answer to the same request: whole, or piece by piece. */
export function streamCache(
  cached: Map<string, CachedReply>,
  keyOf: (call: Call) => string,
): Stage {
  return {
    name: "stream_cache",
    layer: (next) => async (call) => {
      const key = keyOf(call);
      const hit = cached.get(key);
      if (hit !== undefined) return replayed(call, hit);
      const pieces: Piece[] = [];
      const reply = await next(call);
      reply.life.atEnd((end) => {
        if (end.kind === "whole") cached.set(key, { reply, pieces });
      });
      return watchReply(reply, call.request.operation, (piece) => pieces.push(piece));
    },
  };
}

async function replayed({ life }: Call, { reply, pieces }: CachedReply): Promise<Reply> {
  if (reply.body.kind === "whole") {
    life.end({ kind: "whole" });
    return { ...reply, life };
  }
  const source = { pieces: each(pieces), stop: () => undefined };
  return { ...reply, life, body: { kind: "stream", pieces: await livingPieces(life, source) } };
}

async function* each(pieces: readonly Piece[]): AsyncGenerator<Piece> {
  yield* pieces;
}
