import type { Socket } from "node:net";
import { createAcceptor, type ListenAddress, type SniffedProtocol } from "./http/acceptor.ts";
import { createBodyBudget } from "./http/body-budget.ts";
import { createConnections } from "./http/connections.ts";
import { createExchangeDispatch } from "./http/dispatch-exchange.ts";
import { createH1Engine } from "./http/h1-engine.ts";
import { createH2Engine } from "./http/h2-engine.ts";
import { type ServerOptions, type TlsOptions, withDefaultLimits } from "./server-options.ts";

/** A listener for HTTP/1.1 and HTTP/2, with or without TLS, on one port. */
export interface Server {
  /** Opens the port; 0 picks a free one. Rejects with the system's error, for example EADDRINUSE. */
  listen(address: { readonly host: string; readonly port: number }): Promise<ListenAddress>;
  /**
   * Stops in peace: no new connections, calls on open connections are refused, running calls have `graceMs` to finish,
   * then are expired (see Exchange.onExpire) and at last cut. Resolves when every connection is closed. Later calls
   * return the first one's promise.
   */
  drain(graceMs: number): Promise<void>;
  /** Stops at once: every connection is cut. Resolves when the port is free. */
  close(): Promise<void>;
  /** Uses another certificate for connections to come. Throws when the server was created without TLS. */
  reloadTls(tls: TlsOptions): void;
  /** True from the call of `drain` or `close` on. */
  readonly draining: boolean;
  /** Open connections. */
  readonly connections: number;
  /** Calls whose reply is not complete. */
  readonly active: number;
}

/** Creates a server that does not listen yet. */
export function createServer(options: ServerOptions): Server {
  const limits = withDefaultLimits(options.limits);
  const secure = options.tls !== undefined;
  const connections = createConnections();
  let drained: Promise<void> | undefined;
  let draining = false;
  const dispatch = createExchangeDispatch(options, () => draining);
  const bodies = createBodyBudget(limits.bodyMemoryBytes);
  const h1 = createH1Engine(limits, secure, connections, bodies, dispatch);
  const serveH2 = createH2Engine(limits, secure, bodies, dispatch);

  const acceptor = createAcceptor({ ...limits, tls: options.tls }, accept);

  function accept(socket: Socket, protocol: SniffedProtocol): void {
    const connection = connections.track(socket);
    if (protocol === "h2") serveH2(connection);
    else h1.serve(socket);
  }

  async function stop(graceMs: number): Promise<void> {
    const released = acceptor.close();
    connections.retire();
    if (!(await connections.idle(graceMs))) {
      connections.expire();
      await connections.idle(limits.expiryMs);
    }
    await connections.end(flushMs);
    h1.close();
    await released;
  }

  return {
    listen: (address) => acceptor.listen(address),
    drain(graceMs) {
      draining = true;
      drained ??= stop(graceMs);
      return drained;
    },
    async close() {
      draining = true;
      const released = acceptor.close();
      connections.destroy();
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

/** What a slow client may take to receive the last bytes of a reply that is complete, before its connection is cut. */
const flushMs = 2_000;
