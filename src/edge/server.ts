import type { Socket } from "node:net";
import {
  type Acceptor,
  createAcceptor,
  type ListenAddress,
  type ListenRequest,
  type SniffedProtocol,
} from "./http/acceptor.ts";
import { createBodyBudget } from "./http/body-budget.ts";
import { createConnections } from "./http/connections.ts";
import { createExchangeDispatch } from "./http/dispatch-exchange.ts";
import { createH1Engine } from "./http/h1-server.ts";
import { createH2Engine } from "./http/h2-server.ts";
import { createTrust } from "./http/peer/client-address.ts";
import { type Peer, peerOf } from "./http/peer/peer.ts";
import { watchSenders } from "./http/send-timeout.ts";
import { type ServerOptions, type TlsOptions, withDefaultLimits } from "./server-options.ts";

/** A listener for HTTP/1.1 and HTTP/2, with or without TLS, on one port. */
export interface Server {
  /**
   * Opens the port; 0 picks a free one. Rejects with the system's error, for example EADDRINUSE.
   */
  listen(request: ListenRequest): Promise<ListenAddress>;
  /**
   * Stops in peace: new calls are refused, running calls have `graceMs` to finish, then are expired
   * (see Exchange.onExpire) and at last cut. Resolves when every connection is closed. Later calls
   * return the first one's promise.
   */
  drain(graceMs: number, delay?: DrainDelay): Promise<void>;
  /** Stops at once: every connection is cut. Resolves when the port is free. */
  close(): Promise<void>;
  /**
   * Uses another certificate for connections to come. Throws when the server was created without
   * TLS.
   */
  reloadTls(tls: TlsOptions): void;
  /** True from the call of `drain` or `close` on. */
  readonly draining: boolean;
  /** Open connections. */
  readonly connections: number;
  /** Calls whose reply is not complete. */
  readonly active: number;
}

/** How the port closes when a server stops in peace. */
export interface DrainDelay {
  /**
   * How long the port stays open, in milliseconds; default 0. The grace of running calls runs all
   * the while.
   */
  readonly delayMs?: number;
  /** Called when the port has closed. */
  readonly onPortClosed?: () => void;
}

/** Creates a server that does not listen yet. */
export function createServer(options: ServerOptions): Server {
  const limits = withDefaultLimits(options.limits);
  const secure = options.tls !== undefined;
  const connections = createConnections(limits.maxConnectionAgeMs);
  let drained: Promise<void> | undefined;
  let draining = false;
  let endWatch: (() => void) | undefined;
  const delay = createDelay();
  const handling = createExchangeDispatch(options, () => draining);
  const bodies = createBodyBudget(limits.bodyMemoryBytes, options.bodies);
  const h1 = createH1Engine(limits, secure, connections, bodies, handling);
  const serveH2 = createH2Engine(limits, secure, bodies, handling);

  const acceptor = openPort(options, (socket, protocol, peer) => {
    const connection = connections.track(socket, peer);
    if (protocol === "h2") serveH2(connection);
    else h1.serve(socket);
  });

  async function stop(graceMs: number, { delayMs = 0, onPortClosed }: DrainDelay): Promise<void> {
    const graceEndMs = performance.now() + graceMs;
    const expiry = setTimeout(() => connections.expire(), graceMs);
    connections.retire();
    if (delayMs > 0) await delay.wait(delayMs);
    const released = acceptor.close();
    onPortClosed?.();
    if (!(await connections.idle(Math.max(0, graceEndMs - performance.now())))) {
      connections.expire();
      await connections.idle(limits.expiryMs);
    }
    clearTimeout(expiry);
    await connections.end(flushMs);
    endWatch?.();
    h1.close();
    await released;
  }

  return {
    async listen(request) {
      const bound = await acceptor.listen(request);
      if (limits.sendTimeoutMs > 0)
        endWatch = watchSenders(connections.senders, limits.sendTimeoutMs);
      return bound;
    },
    drain(graceMs, portDelay = {}) {
      draining = true;
      drained ??= stop(graceMs, portDelay);
      return drained;
    },
    async close() {
      draining = true;
      delay.end();
      const released = acceptor.close();
      connections.destroy();
      endWatch?.();
      h1.close();
      await released;
    },
    reloadTls: (tls) => acceptor.reloadTls(tls),
    get draining() {
      return draining;
    },
    get connections() {
      return connections.size;
    },
    get active() {
      return connections.active;
    },
  };
}

/** A port that says of each connection who is at its other end. */
function openPort(
  { limits, tls, trustedProxies = [], proxyProtocol = false }: ServerOptions,
  accept: (socket: Socket, protocol: SniffedProtocol, peer: Peer) => void,
): Acceptor {
  const trusts = createTrust(trustedProxies);
  const proxied = proxyProtocol ? trusts : undefined;
  return createAcceptor(
    { ...withDefaultLimits(limits), tls, proxied },
    (socket, protocol, address) => accept(socket, protocol, peerOf(socket, address, trusts)),
  );
}

/** A wait that can be ended early. */
function createDelay(): { wait(ms: number): Promise<void>; end(): void } {
  const ended = Promise.withResolvers<void>();
  return {
    async wait(ms) {
      const timer = setTimeout(ended.resolve, ms);
      await ended.promise;
      clearTimeout(timer);
    },
    end: ended.resolve,
  };
}

/**
 * What a slow client may take to receive the last bytes of a reply that is complete, before its
 * connection is cut.
 */
const flushMs = 2_000;
