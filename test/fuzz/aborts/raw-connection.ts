import { connect as connectTcp, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { flags, frame, preface, request, settings, types } from "../frames/h2-frames.ts";
import { callerKeys } from "../fuzz-config.ts";

/** A connection on which a client can do what no library lets it do. */
export interface RawConnection {
  readonly h2: boolean;
  write(bytes: Buffer): Promise<void>;
  /** Resolves when a part of a body has come, or after a time. */
  contentCame(timeoutMs: number): Promise<void>;
  /** Closes its half: FIN, over TLS after close_notify. */
  end(): void;
  /** Closes it whole: FIN, and RST for what still comes. */
  close(): void;
  /** RST. */
  reset(): void;
  /** Stops to read what comes. */
  pause(): void;
  readonly closed: Promise<void>;
}

/** How a connection is made. */
export interface ConnectionFacts {
  readonly port: number;
  readonly secure: boolean;
  readonly h2: boolean;
}

/** Connects; over HTTP/2 the preface is said. */
export async function openConnection({
  port,
  secure,
  h2,
}: ConnectionFacts): Promise<RawConnection> {
  const tcp = connectTcp({ port, host: "127.0.0.1", noDelay: true });
  tcp.on("error", () => undefined);
  const socket: Socket = secure
    ? connectTls({
        socket: tcp,
        rejectUnauthorized: false,
        ALPNProtocols: [h2 ? "h2" : "http/1.1"],
        servername: "localhost",
      })
    : tcp;
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => void tcp.once("close", () => resolve()));
  const content = Promise.withResolvers<void>();
  const looksFor = h2 ? createDataFinder() : createBodyFinder();
  socket.on("data", (bytes: Buffer) => {
    if (looksFor(bytes)) content.resolve();
  });
  const connected = new Promise<void>(
    (resolve) => void socket.once(secure ? "secureConnect" : "connect", () => resolve()),
  );
  await Promise.race([connected, closed]);
  const connection: RawConnection = {
    h2,
    closed,
    write: (bytes) =>
      Promise.race([
        closed,
        new Promise<void>((resolve) => void socket.write(bytes, () => resolve())),
      ]),
    contentCame: (timeoutMs) => Promise.race([content.promise, closed, pause(timeoutMs)]),
    end: () => void socket.end(),
    close: () => void socket.destroy(),
    reset: () => void tcp.resetAndDestroy(),
    pause: () => void socket.pause(),
  };
  if (h2) await connection.write(Buffer.concat([preface, settings()]));
  return connection;
}

/** The bytes of a call, the head apart from the body. */
export function printCall(
  h2: boolean,
  body: Buffer,
  length = body.length,
): readonly [head: Buffer, body: Buffer] {
  const authorization = `Bearer ${callerKeys.caller}`;
  if (!h2) {
    const lines = [
      "POST /v1/chat/completions HTTP/1.1",
      "host: 127.0.0.1",
      `authorization: ${authorization}`,
      "content-type: application/json",
      `content-length: ${length}`,
    ];
    return [Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), body];
  }
  const head = request(
    1,
    [
      [":method", "POST"],
      [":scheme", "http"],
      [":authority", "127.0.0.1"],
      [":path", "/v1/chat/completions"],
      ["authorization", authorization],
      ["content-type", "application/json"],
      ["content-length", String(length)],
    ],
    flags.endHeaders,
  );
  return [head, frame(types.data, length === body.length ? flags.endStream : 0, 1, body)];
}

/** Finds a frame of data. */
function createDataFinder(): (bytes: Buffer) => boolean {
  let buffer = Buffer.alloc(0);
  return (bytes) => {
    buffer = Buffer.concat([buffer, bytes]);
    while (buffer.length >= 9) {
      const length = buffer.readUIntBE(0, 3);
      if (buffer[3] === types.data && length > 0) return true;
      if (buffer.length < 9 + length) return false;
      buffer = buffer.subarray(9 + length);
    }
    return false;
  };
}

/** Finds something after the head. */
function createBodyFinder(): (bytes: Buffer) => boolean {
  let text = "";
  return (bytes) => {
    text = (text + bytes.toString("latin1")).slice(-20_000);
    const at = text.indexOf("\r\n\r\n");
    return at >= 0 && text.length > at + 4;
  };
}
