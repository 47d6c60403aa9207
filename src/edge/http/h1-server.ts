import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { ServerLimits } from "../server-options.ts";
import type { BodyBudget } from "./body-budget.ts";
import { checkH1Request } from "./check-request.ts";
import { answerClientError } from "./client-error.ts";
import type { Connection, Connections } from "./connections.ts";
import type { Dispatch } from "./dispatch-exchange.ts";
import { H1Exchange } from "./h1-exchange.ts";
import { sendHttpError } from "./http-error.ts";

/** Speaks HTTP/1.1 on sockets that the acceptor accepted. */
export interface H1Engine {
  serve(socket: Socket): void;
  /** Stops the engine's timers. Sockets are the caller's. */
  close(): void;
}

/** Creates an engine on node's HTTP/1.1 server, which does not listen itself. */
export function createH1Engine(
  limits: ServerLimits,
  secure: boolean,
  connections: Connections,
  bodies: BodyBudget,
  { dispatch, refusalId }: Dispatch,
): H1Engine {
  const engine: Server = createServer({
    maxHeaderSize: limits.maxHeaderBytes,
    // node's own refusal has no body that says why.
    requireHostHeader: false,
    // node wants the headers' time to be within the request's.
    headersTimeout: Math.min(
      limits.headersTimeoutMs,
      limits.requestTimeoutMs || limits.headersTimeoutMs,
    ),
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    connectionsCheckingInterval: checkIntervalMs(limits),
  });
  const { maxBodyBytes, discardMs } = limits;
  const plain = { maxBodyBytes, discardMs, bodies, secure, continueExpected: false };
  const expecting = { ...plain, continueExpected: true };

  function begin(request: IncomingMessage, response: ServerResponse, options: typeof plain): void {
    const connection = connections.get(request.socket);
    if (connection === undefined) {
      request.socket.destroy();
      return;
    }
    if (connection.refused) return;
    const exchange = new H1Exchange(request, response, connection, options);
    const error = checkH1Request(request);
    if (error === undefined) {
      void dispatch(exchange);
      return;
    }
    connection.closing = true;
    connection.refused = true;
    sendHttpError(exchange, error, refusalId);
  }

  engine.on("request", (request, response) => begin(request, response, plain));
  engine.on("checkContinue", (request, response) => begin(request, response, expecting));
  // Nothing else is to be expected of a server (RFC 9110 section 10.1.1), so that a wish that is
  // unknown is none.
  engine.on("checkExpectation", (request, response) => begin(request, response, plain));
  engine.on("clientError", (error, socket) => {
    const running = [...(connections.get(socket)?.exchanges ?? [])];
    const replying = running.length > 1 || running.some((exchange) => exchange.headSent);
    for (const exchange of running) exchange.lose();
    // Within a reply there is nothing to say that the client could tell apart from it.
    if (replying || !socket.writable) socket.destroy();
    else answerClientError(error, socket, refusalId);
  });
  // Without this node ends a connection as soon as its client sends no more, and the reply that is
  // still to come is lost.
  Object.assign(engine, { httpAllowHalfOpen: true });
  // No `connect` or `upgrade` listener: node then closes a CONNECT, and treats an Upgrade as the
  // plain request it is. A server that does not listen must get this event to begin watching its
  // header and request timeouts.
  engine.emit("listening");

  return {
    serve(socket) {
      engine.emit("connection", socket);
      if (secure) socket.on("data", readAsStream);
      const connection = connections.get(socket);
      if (connection !== undefined) socket.once("end", () => probe(connection, firstProbeMs));
    },
    close: () => void engine.close(),
  };
}

/**
 * A listener makes node read the connection as a stream. Its HTTP parser otherwise takes the
 * records of TLS from the handle itself, also those that have come already when it pauses, because
 * much of a reply waits to be sent; a request in them is then refused as no HTTP (HPE_PAUSED).
 */
function readAsStream(): void {
  // Node's own listener takes the bytes.
}

/**
 * Finds out whether a client that sends no more still reads, as `printf ... | nc` does. One that
 * has closed its connection looks the same until something is sent to it: its system answers with a
 * reset, which makes what is sent next fail and the connection close.
 */
function probe(connection: Connection, waitMs: number): void {
  if (connection.socket.destroyed || connection.exchanges.size === 0) return;
  for (const exchange of [...connection.exchanges]) exchange.probe();
  if (waitMs <= lastProbeMs) setTimeout(() => probe(connection, 2 * waitMs), waitMs).unref();
}

/** The wait between the first two probes; each wait is twice as long as the one before. */
const firstProbeMs = 5;

/** The longest wait: a client that takes every probe until then reads. */
const lastProbeMs = 5_120;

/**
 * Timeouts are looked at this often; an eighth of the shortest keeps them honest without a timer
 * per request.
 */
function checkIntervalMs(limits: ServerLimits): number {
  const times = [limits.headersTimeoutMs, limits.requestTimeoutMs].filter((time) => time > 0);
  return Math.max(10, Math.min(30_000, ...times.map((time) => Math.ceil(time / 8))));
}
