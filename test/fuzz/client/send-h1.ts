import { connect, type Socket } from "node:net";
import type { AttackOutcome, AttackRequest } from "./attack-request.ts";
import { createReplyReader } from "./reply-reader.ts";

/** Bounds of one exchange. */
export interface SendBounds {
  /** How long to wait for the reply's end. */
  readonly waitMs: number;
  /** How many replies are the whole; 0 waits for the end of the connection. */
  readonly replies: number;
}

/**
 * Sends bytes over a connection of their own, and reads until the replies are whole, the connection
 * ends or time is up.
 */
export function exchangeBytes(
  port: number,
  method: string,
  pieces: readonly Buffer[],
  bounds: SendBounds,
): Promise<AttackOutcome> {
  return new Promise((resolve, reject) => {
    const reader = createReplyReader(method);
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const settle = (ending: AttackOutcome["ending"]): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ replies: reader.replies, ending });
    };
    const timer = setTimeout(() => settle("late"), bounds.waitMs);
    const isWhole = (): boolean => bounds.replies > 0 && reader.replies.length >= bounds.replies;
    socket.on("data", (bytes) => {
      try {
        reader.push(bytes);
      } catch (error) {
        clearTimeout(timer);
        socket.destroy();
        return reject(error);
      }
      if (isWhole()) settle("whole");
    });
    // A reset, also by a gateway that answers before it has read everything.
    socket.on("error", () => undefined);
    socket.once("close", () => {
      reader.end();
      settle(isWhole() ? "whole" : "closed");
    });
    socket.once("connect", () => void writeAll(socket, pieces));
  });
}

/** Sends one request over HTTP/1.1. */
export function sendH1(
  port: number,
  request: AttackRequest,
  waitMs: number,
): Promise<AttackOutcome> {
  return exchangeBytes(port, request.method, printRequest(request), { waitMs, replies: 1 });
}

async function writeAll(socket: Socket, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return;
    // Comes also when the connection is gone.
    await new Promise<void>((resolve) => void socket.write(piece, () => resolve()));
  }
}

/** The bytes of a request, in the pieces in which they are written. */
export function printRequest(request: AttackRequest): Buffer[] {
  const { body, framing } = request;
  const length = framing === "cut" ? body.length + 10 : body.length;
  const framed: Readonly<
    Record<AttackRequest["framing"], readonly [field: string, pieces: readonly Buffer[]]>
  > = {
    length: [`content-length: ${length}\r\n`, [body]],
    pieces: [`content-length: ${length}\r\n`, slices(body, 7)],
    cut: [`content-length: ${length}\r\n`, [body]],
    more: [
      `content-length: ${length}\r\n`,
      [
        body,
        Buffer.from(
          `${request.method === "HEAD" ? "HEAD" : "GET"} /healthz HTTP/1.1\r\nhost: x\r\n\r\n`,
        ),
      ],
    ],
    "no-length": ["", [body]],
    chunks: [
      "transfer-encoding: chunked\r\n",
      [...slices(body, 5).map(chunkOf), Buffer.from("0\r\n\r\n")],
    ],
    "bad-chunk": [
      "transfer-encoding: chunked\r\n",
      [Buffer.from("5x\r\n"), body, Buffer.from("\r\n")],
    ],
  };
  const [field, pieces] = framed[framing];
  const fields = request.headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const head = `${request.method} ${request.target} HTTP/1.1\r\n${fields}${field}\r\n`;
  const first = pieces[0] ?? Buffer.alloc(0);
  return [Buffer.concat([Buffer.from(head, "latin1"), first]), ...pieces.slice(1)];
}

function slices(bytes: Buffer, count: number): Buffer[] {
  const size = Math.max(1, Math.ceil(bytes.length / count));
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
}

function chunkOf(bytes: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`${bytes.length.toString(16)}\r\n`),
    bytes,
    Buffer.from("\r\n"),
  ]);
}
