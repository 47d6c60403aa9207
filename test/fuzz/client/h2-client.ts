import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import type { AttackOutcome, AttackReply, AttackRequest } from "./attack-request.ts";

/** A connection over HTTP/2 that is opened again when it has gone. */
export interface H2Client {
  send(port: number, request: AttackRequest, waitMs: number): Promise<AttackOutcome>;
  close(): void;
}

/** Streams on one connection; then another is opened. */
const streamsPerSession = 200;

/** Makes a client; it connects with the first request. */
export function createH2Client(): H2Client {
  let session: ClientHttp2Session | undefined;
  let openedFor = 0;
  let used = 0;

  function sessionFor(port: number): ClientHttp2Session {
    if (
      session === undefined ||
      session.closed ||
      session.destroyed ||
      openedFor !== port ||
      used >= streamsPerSession
    ) {
      session?.close();
      session = connect(`http://127.0.0.1:${port}`);
      session.on("error", () => undefined);
      openedFor = port;
      used = 0;
    }
    used += 1;
    return session;
  }

  return {
    send: (port, request, waitMs) => sendOn(sessionFor(port), request, waitMs),
    close: () => session?.destroy(),
  };
}

function sendOn(
  session: ClientHttp2Session,
  request: AttackRequest,
  waitMs: number,
): Promise<AttackOutcome> {
  return new Promise((resolve) => {
    const { ":status": _status, ...headers } = headersOf(request);
    const stream = session.request(headers, {
      endStream: request.body.length === 0 && request.framing !== "cut",
    });
    let head: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];
    const settle = (ending: AttackOutcome["ending"]): void => {
      clearTimeout(timer);
      stream.destroy();
      const status = Number(head[":status"] ?? 0);
      const reply = {
        status,
        headers: pairs(head),
        body: Buffer.concat(chunks),
        trailers: pairs(trailers),
      };
      resolve({ replies: ending === "whole" && status > 0 ? [reply] : [], ending });
    };
    const timer = setTimeout(() => settle("late"), waitMs);
    stream.on("response", (received) => {
      head = received;
    });
    stream.on("trailers", (received) => {
      trailers = received;
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", () => undefined);
    stream.once("end", () => settle("whole"));
    stream.once("close", () => settle("closed"));
    if (request.body.length > 0) {
      if (request.framing === "pieces") for (const byte of halves(request.body)) stream.write(byte);
      else stream.write(request.body);
    }
    if (request.framing !== "cut") stream.end();
  });
}

function halves(body: Buffer): readonly Buffer[] {
  return [body.subarray(0, body.length >> 1), body.subarray(body.length >> 1)];
}

/** Fields as node's client takes them: those that it refuses to send are left out. */
function headersOf({ method, target, headers }: AttackRequest): Record<string, string | string[]> {
  const sent: Record<string, string | string[]> = { ":method": method, ":path": target };
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(lower) || /[^\t\x20-\x7e\x80-\xff]/.test(value))
      continue;
    if (
      [
        "connection",
        "host",
        "transfer-encoding",
        "upgrade",
        "keep-alive",
        "proxy-connection",
        "te",
        "http2-settings",
      ].includes(lower)
    )
      continue;
    if (sent[lower] === undefined) sent[lower] = value;
  }
  return sent;
}

function pairs(headers: IncomingHttpHeaders): AttackReply["headers"] {
  return Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((each) => [name, String(each)] as const),
  );
}
