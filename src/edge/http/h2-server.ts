import { performServerHandshake, type ServerHttp2Session } from "node:http2";
import type { ServerLimits } from "../server-options.ts";
import type { BodyBudget } from "./body-budget.ts";
import { checkH2Request } from "./check-request.ts";
import type { Connection } from "./connections.ts";
import type { Dispatch } from "./dispatch-exchange.ts";
import { H2Exchange } from "./h2-exchange.ts";
import { sendHttpError } from "./http-error.ts";

/** Speaks HTTP/2 on one connection, whose preface is still unread. */
export type H2Engine = (connection: Connection) => void;

/**
 * Creates an engine on node's HTTP/2 sessions. Floods of resets (CVE-2023-44487) are bounded by
 * node's own defaults: https://nodejs.org/api/http2.html#http2performserverhandshakesocket-options.
 */
export function createH2Engine(
  limits: ServerLimits,
  secure: boolean,
  bodies: BodyBudget,
  { dispatch, refusalId }: Dispatch,
): H2Engine {
  const sessionOptions = {
    settings: {
      maxConcurrentStreams: limits.maxConcurrentStreams,
      maxHeaderListSize: limits.maxHeaderBytes,
      initialWindowSize: windowBytes,
      enableConnectProtocol: false,
    },
  };
  const exchangeOptions = {
    maxBodyBytes: limits.maxBodyBytes,
    bodies,
    requestTimeoutMs: limits.requestTimeoutMs,
    secure,
  };

  return function serveH2(connection) {
    const session = performServerHandshake(connection.socket, sessionOptions);
    connection.session = session;
    session.setLocalWindowSize(windowBytes);
    session.on("error", () => session.destroy());
    // A client that sends no more cannot make room for a reply either: unlike over HTTP/1.1 it is
    // gone.
    connection.socket.once("end", () => connection.cut());
    session.on("stream", (stream, headers, _flags, rawHeaders) => {
      const exchange = new H2Exchange(stream, headers, rawHeaders, connection, exchangeOptions);
      const error = checkH2Request(headers);
      if (error === undefined) void dispatch(exchange);
      else sendHttpError(exchange, error, refusalId);
      // Of a connection that came while draining: its first call is answered, and the client sent
      // elsewhere.
      if (connection.closing && !session.closed) session.close();
    });
    if (limits.heartbeatMs > 0) keepAlive(connection, session, limits.heartbeatMs);
    if (limits.idleTimeoutMs > 0) {
      // The timer fires without traffic; a call that is merely quiet keeps its connection.
      session.setTimeout(limits.idleTimeoutMs);
      session.on("timeout", () => {
        if (connection.exchanges.size === 0) retire(connection, session, limits.idleTimeoutMs);
        else session.setTimeout(limits.idleTimeoutMs);
      });
    }
  };
}

/**
 * Sends a PING from time to time while calls run, for a stream of RPC has no frame that says
 * nothing, and a call with one reply has none at all. What does not answer is left to the time
 * that a client may take nothing.
 */
function keepAlive(
  { exchanges }: Connection,
  session: ServerHttp2Session,
  heartbeatMs: number,
): void {
  const timer = setInterval(() => {
    if (exchanges.size > 0 && !session.destroyed) session.ping(ignore);
  }, heartbeatMs);
  timer.unref();
  session.once("close", () => clearInterval(timer));
}

function ignore(): void {
  // The session's own end tells of a client that is gone.
}

/**
 * Closes a session that nothing runs on. That waits for a request or a frame that was begun and has
 * no end, and so for ever where a client likes it: after the same time again it is cut.
 */
function retire(
  { exchanges }: Connection,
  session: ServerHttp2Session,
  idleTimeoutMs: number,
): void {
  const timer = setTimeout(() => {
    // A request that was on its way is still answered.
    if (exchanges.size > 0) timer.refresh();
    else session.destroy();
  }, idleTimeoutMs);
  session.once("close", () => clearTimeout(timer));
  session.close();
}

/**
 * Bytes a client may send ahead, on one stream and in all; HTTP/2's own 64 KiB make a round trip of
 * every larger prompt.
 */
const windowBytes = 1024 * 1024;
