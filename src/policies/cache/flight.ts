import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { handleCall } from "../../core/attempt.ts";
import type { Call, Handler, Reply } from "../../core/call.ts";
import { Life } from "../../core/life.ts";
import { takeAll } from "../../core/reply/flow.ts";
import { Broadcast } from "./broadcast.ts";

/** The answer of a flight, when its first content is in hand. */
export interface Landed {
  readonly reply: Reply;
  /** Of an answer that comes in pieces. */
  readonly broadcast?: Broadcast;
}

/** How a flight is made. */
export interface FlightOptions {
  readonly call: Call;
  readonly next: Handler;
  /** How much of a stream is kept for callers that come later, in bytes. */
  readonly maxBytes: number;
  /** Digest of the bytes of the request: callers with the same get the vendor's bytes. */
  readonly digest: string | undefined;
  /** True where it goes on without a caller. */
  readonly unattended?: boolean;
  /** Called once with a whole answer, when there is all of it. */
  readonly onWhole: (landed: Landed) => void;
  /** Called once when no more callers can join. */
  readonly onClosed: () => void;
}

/**
 * One call at the vendor that equal calls wait for together. It lives by itself: a caller that
 * leaves takes nothing from the others, and with the last of them it is cancelled. What it takes is
 * booked with the first of its callers that is still there at its end.
 */
export class Flight {
  readonly life: Life;
  readonly digest: string | undefined;
  readonly landed: Promise<Landed>;
  readonly #options: FlightOptions;
  readonly #callers = new Set<Life>();
  #booked = false;

  constructor(options: FlightOptions) {
    const { call, next, digest, unattended = false } = options;
    this.#options = options;
    this.digest = digest;
    this.#booked = unattended;
    this.life = new Life(call.life.clock);
    this.life.expectUntil(call.life.deadlineMs);
    if (!unattended) this.#callers.add(call.life);
    this.landed = this.#fly({ ...call, life: this.life }, next);
    this.landed.catch(nothing);
  }

  /** The name of the key that it was begun for. */
  get principal(): string | undefined {
    return this.#options.call.principal?.name;
  }

  /** Another caller waits for it. */
  join(life: Life): void {
    this.#callers.add(life);
    if (life.deadlineMs > this.life.deadlineMs) this.life.expectUntil(life.deadlineMs);
  }

  /**
   * A caller waits no more, because it has the answer or has left. Gives what is booked with it.
   */
  leave(life: Life): Usage | undefined {
    const [first] = this.#callers;
    this.#callers.delete(life);
    if (this.#callers.size === 0 && this.#options.unattended !== true) this.life.abort();
    const { ended } = this.life;
    if (ended === undefined || first !== life || this.#booked) return undefined;
    this.#booked = true;
    return ended.usage;
  }

  async #fly(call: Call, next: Handler): Promise<Landed> {
    const { onClosed, onWhole, maxBytes } = this.#options;
    let reply: Reply;
    try {
      reply = await handleCall(call, next);
    } catch (error) {
      onClosed();
      throw error;
    }
    if (reply.body.kind === "whole") {
      onWhole({ reply });
      onClosed();
      return { reply };
    }
    const broadcast = new Broadcast(maxBytes);
    const landed = { reply, broadcast };
    void this.#pump(landed);
    return landed;
  }

  async #pump(landed: Required<Landed>): Promise<void> {
    const { onClosed, onWhole } = this.#options;
    const { reply, broadcast } = landed;
    let open = true;
    const close = (): void => {
      if (open) onClosed();
      open = false;
    };
    try {
      if (reply.body.kind === "stream")
        await takeAll(reply.body.pieces[Symbol.asyncIterator](), (piece) => {
          const full = broadcast.push(piece);
          if (!broadcast.isComplete) close();
          return full;
        });
      broadcast.end({});
      onWhole(landed);
    } catch (error) {
      broadcast.end({ error });
    } finally {
      close();
    }
  }
}

function nothing(): void {
  // Its callers have it.
}
