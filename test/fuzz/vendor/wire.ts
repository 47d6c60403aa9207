import type { OutgoingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Random } from "../random.ts";

/** The connection of one request, on which a vendor may write whatever it likes. */
export interface Wire {
  /** Whether a stream was asked for. */
  readonly stream: boolean;
  /** What the request showed as credentials, and the value of the configured header. */
  readonly credentials: readonly string[];
  /** This vendor's origin. */
  readonly origin: string;
  readonly random: Random;
  readonly gone: boolean;
  /** Resolves when the gateway has let go of the connection. */
  readonly closed: Promise<void>;
  /** Writes bytes as they are. */
  write(bytes: Buffer | string): void;
  /** A head and a body of known length; then the end. */
  reply(status: number | string, headers: OutgoingHttpHeaders, body?: Buffer | string): void;
  /** A head for a body whose end is that of the connection. */
  head(status: number | string, headers: OutgoingHttpHeaders): void;
  end(): void;
  reset(): void;
  /**
   * Writes what `next` gives as fast as it is taken, until that is undefined, `maxBytes` were
   * written or nobody reads.
   */
  pump(next: (at: number) => Buffer | string | undefined, maxBytes: number): Promise<void>;
  /**
   * Writes one piece after another, with a pause in between, until nobody reads; at most `count`.
   */
  drip(
    next: (at: number) => Buffer | string | undefined,
    pauseMs: number,
    count: number,
  ): Promise<void>;
}

/** Prints the head of a reply. `status` may hold a reason or be no number. */
export function printHead(status: number | string, headers: OutgoingHttpHeaders): string {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((each) => `${name}: ${String(each)}\r\n`),
  );
  const line = typeof status === "number" ? `${status} Status` : status;
  return `HTTP/1.1 ${line}\r\n${lines.join("")}\r\n`;
}

/** What is known of a request beside its connection. */
export type WireFacts = Pick<Wire, "stream" | "credentials" | "origin" | "random">;

/** Makes the wire of a connection. */
export function createWire(socket: Socket, facts: WireFacts): Wire {
  const closed = new Promise<void>((resolve) => {
    if (socket.destroyed) resolve();
    socket.once("close", () => resolve());
  });
  const room = (): Promise<unknown> =>
    Promise.race([closed, new Promise<void>((resolve) => void socket.once("drain", resolve))]);
  const wire: Wire = {
    ...facts,
    closed,
    get gone() {
      return socket.destroyed || !socket.writable;
    },
    write(bytes) {
      if (!wire.gone) socket.write(bytes);
    },
    reply(status, headers, body = "") {
      wire.write(printHead(status, { ...headers, "content-length": Buffer.byteLength(body) }));
      wire.write(body);
      wire.end();
    },
    head: (status, headers) => wire.write(printHead(status, { ...headers, connection: "close" })),
    end: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
    async pump(next, maxBytes) {
      let written = 0;
      for (let at = 0; !wire.gone && written < maxBytes; at += 1) {
        const piece = next(at);
        if (piece === undefined) return;
        written += piece.length;
        if (!socket.write(piece)) await room();
      }
    },
    async drip(next, pauseMs, count) {
      for (let at = 0; at < count && !wire.gone; at += 1) {
        const piece = next(at);
        if (piece === undefined) return;
        wire.write(piece);
        await Promise.race([closed, pause(pauseMs)]);
      }
    },
  };
  return wire;
}
