import type { EventEmitter } from "node:events";
import type { ResponseStream } from "./exchange.ts";
import { ExchangeLifetime } from "./exchange-lifetime.ts";

/** How many bytes are written at a time: what is larger goes in pieces, so that progress shows. */
export const pieceBytes = 256 * 1024;

/** An exchange whose reply goes to a socket. */
export abstract class SocketExchange extends ExchangeLifetime implements ResponseStream {
  #wake: (() => void) | undefined;
  /** The end of what waits in line behind a chunk that goes in pieces. */
  #line: Promise<void> | undefined;

  /** Hands a piece to the connection; the promise is that of `write`. */
  protected abstract send(piece: Uint8Array | string): Promise<void> | undefined;
  /** Completes a reply whose bytes have all been handed to the connection. */
  protected abstract complete(trailers?: readonly string[]): void;
  abstract flush(): void;
  abstract abort(): void;

  write(chunk: Uint8Array | string): Promise<void> | undefined {
    if (this.closed || chunk.length === 0) return undefined;
    if (chunk.length > pieceBytes || this.#line !== undefined) return this.#waitInLine(chunk);
    return this.send(chunk);
  }

  end(trailers?: readonly string[]): void {
    if (this.#line === undefined) this.complete(trailers);
    else void this.#line.then(() => this.complete(trailers));
  }

  /** Waits until `sink` takes more, or the client is gone, or the reply must end. */
  protected waitForRoom(sink: EventEmitter): Promise<void> {
    if (this.#wake === undefined) {
      const wake = () => this.#wake?.();
      this.onClose(wake);
      this.onExpire(wake);
    }
    return new Promise((resolve) => {
      this.#wake = resolve;
      // A socket outlives the reply: no listener may stay on it.
      sink.once("drain", resolve);
    });
  }

  #waitInLine(chunk: Uint8Array | string): Promise<void> {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    const line = this.#sendBehind(this.#line, bytes).then(() => {
      if (this.#line === line) this.#line = undefined;
    });
    this.#line = line;
    return line;
  }

  async #sendBehind(before: Promise<void> | undefined, bytes: Uint8Array): Promise<void> {
    await before;
    for (let at = 0; at < bytes.length && !this.closed; at += pieceBytes) {
      const full = this.send(bytes.subarray(at, at + pieceBytes));
      if (full !== undefined) await full;
    }
  }
}
