import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { Piece } from "../../core/call.ts";
import type { Life } from "../../core/life.ts";
import { encodeEvent } from "./stored-answer.ts";

/** What a reader of a broadcast finds: a piece, or nothing more. Undefined: nothing yet. */
type Found = IteratorResult<Piece> | undefined;

/**
 * The pieces of one stream for several readers, each at its own pace. All are kept while they take
 * no more than `maxBytes`; past that, those that every reader has are given up, and the source
 * waits for the slowest.
 */
export class Broadcast {
  readonly #maxBytes: number;
  readonly #readers = new Set<BroadcastReader>();
  readonly #pieces: Piece[] = [];
  readonly #sizes: number[] = [];
  #events: Uint8Array[] | undefined = [];
  /** How many pieces were given up. */
  #base = 0;
  #bytes = 0;
  #end: { readonly error?: unknown } | undefined;
  #room: (() => void) | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** All events so far, as bytes; undefined where there were too many to keep. */
  get events(): readonly Uint8Array[] | undefined {
    return this.#events;
  }

  /** The bytes of the vendor's stream; undefined where not all of it was kept, or has bytes. */
  wire(): Uint8Array | undefined {
    if (!this.isComplete) return undefined;
    const chunks: Uint8Array[] = [];
    for (const { wire, events } of this.#pieces) {
      if (wire !== undefined) chunks.push(wire);
      else if (events.length > 0) return undefined;
    }
    return Buffer.concat(chunks);
  }

  /** Calls `see` with every event; false where not all of them were kept. */
  eachEvent(see: (event: Event) => void): boolean {
    if (!this.isComplete) return false;
    for (const { events } of this.#pieces) for (const event of events) see(event);
    return true;
  }

  /** Whether a new reader has all of it before it. */
  get isComplete(): boolean {
    return this.#base === 0;
  }

  /** Adds a piece. A promise: there is no room for another one before it resolves. */
  push(piece: Piece): Promise<void> | undefined {
    let size = PIECE_BYTES + (piece.wire?.length ?? 0);
    for (const event of piece.events) {
      const bytes = encodeEvent(event);
      size += bytes.length;
      this.#events?.push(bytes);
    }
    this.#pieces.push(piece);
    this.#sizes.push(size);
    this.#bytes += size;
    this.#wakeAll();
    if (this.#bytes <= this.#maxBytes) return undefined;
    this.#events = undefined;
    this.#trim();
    if (this.#bytes <= this.#maxBytes) return undefined;
    return new Promise((resolve) => {
      this.#room = resolve;
    });
  }

  /** There is no more; `error` where the stream broke. */
  end(outcome: { readonly error?: unknown }): void {
    this.#end = outcome;
    this.#wakeAll();
  }

  /** A reader from the first piece that is kept. */
  open(): BroadcastReader {
    const reader = new BroadcastReader(this, this.#base);
    this.#readers.add(reader);
    return reader;
  }

  /** What stands at a place. Throws what broke the stream, after its last piece. */
  at(place: number): Found {
    const piece = this.#pieces[place - this.#base];
    if (piece !== undefined) return { done: false, value: piece };
    if (this.#end === undefined) return undefined;
    if ("error" in this.#end) throw this.#end.error;
    return { done: true, value: undefined };
  }

  /** A reader has read on. */
  moved(): void {
    if (this.#room !== undefined) this.#trim();
  }

  /** A reader reads no more. */
  close(reader: BroadcastReader): void {
    this.#readers.delete(reader);
    this.moved();
  }

  /** Gives up what every reader has. */
  #trim(): void {
    let slowest = this.#base + this.#pieces.length;
    for (const { place } of this.#readers) slowest = Math.min(slowest, place);
    const read = slowest - this.#base;
    if (read <= 0) return;
    this.#pieces.splice(0, read);
    for (const size of this.#sizes.splice(0, read)) this.#bytes -= size;
    this.#base = slowest;
    if (this.#bytes > this.#maxBytes) return;
    this.#room?.();
    this.#room = undefined;
  }

  #wakeAll(): void {
    for (const reader of this.#readers) reader.wake();
  }
}

/** What a piece takes beside its bytes. */
const PIECE_BYTES = 100;

/** One reader of a broadcast. */
export class BroadcastReader {
  readonly #broadcast: Broadcast;
  /** The place of the next piece. */
  place: number;
  #waiting: (() => void) | undefined;

  constructor(broadcast: Broadcast, place: number) {
    this.#broadcast = broadcast;
    this.place = place;
  }

  /**
   * The next piece; waits for it. Rejects with what broke the stream, or with why `life` was
   * aborted.
   */
  async next(life: Life): Promise<IteratorResult<Piece>> {
    for (;;) {
      life.throwIfAborted();
      const found = this.#broadcast.at(this.place);
      if (found === undefined) {
        await new Promise<void>((resolve) => {
          this.#waiting = resolve;
        });
        continue;
      }
      if (found.done !== true) {
        this.place += 1;
        this.#broadcast.moved();
      }
      return found;
    }
  }

  /** There may be more. */
  wake(): void {
    this.#waiting?.();
    this.#waiting = undefined;
  }

  /** Reads no more. */
  close(): void {
    this.#broadcast.close(this);
  }
}
