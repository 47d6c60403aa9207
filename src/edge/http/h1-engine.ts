import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { ServerLimits } from "../server-options.ts";
import type { BodyBudget } from "./body-budget.ts";
import { answerClientError } from "./client-error.ts";
import type { Connections } from "./connections.ts";
import type { ExchangeHandler } from "./exchange.ts";
import { H1Exchange } from "./h1-exchange.ts";

/** Speaks HTTP/1.1 on sockets that somebody else accepted. */
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
  dispatch: ExchangeHandler,
): H1Engine {
  const engine: Server = createServer({
    maxHeaderSize: limits.maxHeaderBytes,
    // node wants the headers' time to be within the request's.
    headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs || limits.headersTimeoutMs),
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    connectionsCheckingInterval: checkIntervalMs(limits),
  });
  const { maxBodyBytes, discardMs } = limits;
  const plain = { maxBodyBytes, discardMs, bodies, secure, continueExpected: false };
  const expecting = { ...plain, continueExpected: true };

  function begin(request: IncomingMessage, response: ServerResponse, options: typeof plain): void {
    const connection = connections.get(request.socket);
    if (connection === undefined) request.socket.destroy();
    else void dispatch(new H1Exchange(request, response, connection, options));
  }

  engine.on("request", (request, response) => begin(request, response, plain));
  engine.on("checkContinue", (request, response) => begin(request, response, expecting));
  // Nothing else is to be expected of a server (RFC 9110 section 10.1.1), so that a wish that is unknown is none.
  engine.on("checkExpectation", (request, response) => begin(request, response, plain));
  engine.on("clientError", (error, socket) => {
    const running = [...(connections.get(socket)?.exchanges ?? [])];
    const replying = running.length > 1 || running.some((exchange) => exchange.headSent);
    for (const exchange of running) exchange.lose();
    answerClientError(error, socket, replying);
  });
  // No `connect` or `upgrade` listener: node then closes a CONNECT, and treats an Upgrade as the plain request it is.
  // A server that does not listen has to be told to begin watching its header and request timeouts.
  engine.emit("listening");

  return {
    serve: (socket) => void engine.emit("connection", socket),
    close: () => void engine.close(),
  };
}

/** Timeouts are looked at this often; an eighth of the shortest keeps them honest without a timer per request. */
function checkIntervalMs(limits: ServerLimits): number {
  const times = [limits.headersTimeoutMs, limits.requestTimeoutMs].filter((time) => time > 0);
  return Math.max(10, Math.min(30_000, ...times.map((time) => Math.ceil(time / 8))));
}
