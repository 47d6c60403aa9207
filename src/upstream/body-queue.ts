import type { Take } from "../core/reply/flow.ts";
import { UpstreamError } from "./upstream-error.ts";

/** Bytes that may wait for a slow reader before the socket is paused. */
const HIGH_WATER_BYTES = 64 * 1024;

/** What the queue asks of the connection behind it. */
export interface BodySource {
  pause(): void;
  resume(): void;
  /** Destroys the connection; called at most once, and not after the body has ended. */
  abort(error: UpstreamError): void;
  /** The reader begins or ceases to wait for more. */
  waits(waiting: boolean): void;
  /** The vendor got on with its answer. */
  progressed(): void;
}

interface Waiter {
  resolve(result: IteratorResult<Uint8Array, undefined>): void;
  reject(error: UpstreamError): void;
}

interface Flow {
  readonly take: Take<Uint8Array>;
  resolve(): void;
  reject(error: unknown): void;
  /** Whether the reader has no room for another chunk. */
  full: boolean;
}

interface Gathering {
  readonly maxBytes: number;
  resolve(bytes: Uint8Array): void;
  reject(error: UpstreamError): void;
}

/**
 * A reply body between a connection that pushes and one reader that pulls. It holds at most about
 * 64 KiB ahead of the reader, makes no promise that nobody waits for (so a failure nobody reads is
 * not an unhandled rejection), and hands over what arrived before a failure first, except that a
 * cancelled call ends at once.
 */
export class BodyQueue {
  readonly #source: BodySource;
  #chunks: Uint8Array[] = [];
  #queuedBytes = 0;
  #paused = false;
  #ended = false;
  #counts = false;
  #failure: UpstreamError | undefined;
  #waiter: Waiter | undefined;
  #gathering: Gathering | undefined;
  #flow: Flow | undefined;

  constructor(source: BodySource) {
    this.#source = source;
  }

  /** A chunk from the connection. */
  push(chunk: Uint8Array): void {
    const flow = this.#flow;
    const waiter = this.#waiter;
    if (this.#counts) this.#source.progressed();
    if (flow !== undefined && !flow.full && this.#chunks.length === 0) {
      this.#hand(flow, chunk);
      return;
    }
    if (waiter !== undefined) {
      this.#source.waits(false);
      this.#waiter = undefined;
      waiter.resolve({ done: false, value: chunk });
      return;
    }
    this.#chunks.push(chunk);
    this.#queuedBytes += chunk.length;
    if (this.#gathering !== undefined) this.#checkSize(this.#gathering);
    else if (this.#queuedBytes >= HIGH_WATER_BYTES && !this.#paused) {
      this.#paused = true;
      this.#source.pause();
    }
  }

  /** The body arrived whole. */
  end(): void {
    this.#ended = true;
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.resolve({ done: true, value: undefined });
    const gathering = this.#gathering;
    this.#gathering = undefined;
    gathering?.resolve(this.#takeAll());
    if (this.#flow !== undefined) this.#handAll(this.#flow);
  }

  /** The body will not arrive whole. `now` drops what is still queued. */
  fail(error: UpstreamError, now: boolean): void {
    if (this.#failure !== undefined || (this.#ended && !now)) return;
    this.#failure = error;
    if (now || this.#gathering !== undefined) this.#takeAll();
    const waiting = this.#waiter ?? this.#gathering;
    this.#waiter = undefined;
    this.#gathering = undefined;
    waiting?.reject(error);
    if (this.#flow !== undefined) this.#handAll(this.#flow, now);
  }

  /** The next chunk, when there is one. One reader, one call at a time. */
  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) {
      this.#queuedBytes -= chunk.length;
      if (this.#queuedBytes === 0) this.#unpause();
      return Promise.resolve({ done: false, value: chunk });
    }
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    this.#source.waits(true);
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  /**
   * Hands over every chunk in the turn in which it comes: no promise is made for it. Settles as the
   * body ends. In the place of `next`.
   */
  flow(take: Take<Uint8Array>): Promise<void> {
    return new Promise((resolve, reject) => {
      const flow = { take, resolve, reject, full: false };
      this.#flow = flow;
      this.#source.waits(true);
      this.#handAll(flow);
    });
  }

  /** The vendor got on with its answer, as the reader sees it. */
  progressed(): void {
    this.#source.progressed();
  }

  /** From now on every chunk is progress. */
  countChunks(): void {
    if (this.#counts) return;
    this.#counts = true;
    if (!this.#ended && this.#failure === undefined) this.#source.progressed();
  }

  /**
   * All of the rest as one array; more than `maxBytes` is a `too_large` failure and cancels the
   * call.
   */
  gather(maxBytes: number): Promise<Uint8Array> {
    this.countChunks();
    if (this.#failure === undefined && this.#ended && this.#queuedBytes <= maxBytes)
      return Promise.resolve(this.#takeAll());
    return new Promise((resolve, reject) => {
      const gathering = { maxBytes, resolve, reject };
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#gathering = gathering;
      this.#source.waits(true);
      this.#checkSize(gathering);
      this.#unpause();
    });
  }

  /** The reader has lost interest: the connection is destroyed unless the body has ended. */
  cancel(error: UpstreamError): void {
    if (!this.#ended && this.#failure === undefined) this.#source.abort(error);
    this.fail(error, true);
  }

  /** Hands over what has waited, and the end after it; `now`: the end before it. */
  #handAll(flow: Flow, now = false): void {
    while (!flow.full && this.#flow === flow) {
      const chunk = this.#chunks.shift();
      if (chunk === undefined) break;
      this.#queuedBytes -= chunk.length;
      this.#hand(flow, chunk);
    }
    // More may come at once: only now, when nothing waits before it.
    if (this.#flow === flow && !flow.full && this.#failure === undefined) this.#unpause();
    if (this.#flow !== flow || (flow.full && !now)) return;
    if (this.#failure !== undefined) this.#endFlow(flow, this.#failure);
    else if (this.#ended) this.#endFlow(flow);
  }

  /** Nothing is thrown: whoever pushes is not to blame for what the reader fails at. */
  #hand(flow: Flow, chunk: Uint8Array): void {
    try {
      const room = flow.take(chunk);
      if (room !== undefined) this.#waitForRoom(flow, room);
    } catch (error) {
      this.#failFlow(flow, error);
    }
  }

  #waitForRoom(flow: Flow, room: Promise<void>): void {
    flow.full = true;
    this.#source.waits(false);
    room.then(
      () => {
        flow.full = false;
        if (this.#flow !== flow) return;
        this.#source.waits(true);
        this.#handAll(flow);
      },
      (error: unknown) => this.#failFlow(flow, error),
    );
  }

  #failFlow(flow: Flow, error: unknown): void {
    if (this.#flow !== flow) return;
    this.#flow = undefined;
    flow.reject(error);
    this.cancel(new UpstreamError("aborted", "the reader of the reply failed"));
  }

  #endFlow(flow: Flow, failure?: UpstreamError): void {
    this.#flow = undefined;
    if (failure === undefined) flow.resolve();
    else flow.reject(failure);
  }

  #checkSize(gathering: Gathering): void {
    if (this.#queuedBytes > gathering.maxBytes) {
      this.cancel(
        new UpstreamError("too_large", `the reply is larger than ${gathering.maxBytes} bytes`),
      );
    }
  }

  #unpause(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#source.resume();
  }

  #takeAll(): Uint8Array {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#queuedBytes = 0;
    const [only] = chunks;
    return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks);
  }
}
