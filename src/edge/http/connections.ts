import type { Http2Session } from "node:http2";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ExchangeOwner } from "./exchange-lifetime.ts";
import type { Peer } from "./peer/peer.ts";
import type { Sender } from "./send-timeout.ts";

/** One client connection and what runs on it. */
export interface Connection extends ExchangeOwner, Sender {
  readonly socket: Socket;
  readonly peer: Peer;
  /** The open streams of its HTTP/2 session. */
  readonly streams: Set<Sender>;
  /** The HTTP/2 session, once the connection turned out to be one. */
  session: Http2Session | undefined;
  /**
   * True once a request was refused that others may read differently: what follows it is not looked
   * at.
   */
  refused: boolean;
  /** Cuts the connection now; the exchanges that run on it are lost. */
  cut(): void;
}

/** Every open connection of a server. It owns the sockets: they end when it says so. */
export interface Connections {
  /** Takes charge of a new socket. */
  track(socket: Socket, peer: Peer): Connection;
  /** The connection of a tracked socket. */
  get(socket: Duplex): Connection | undefined;
  /** Open connections. */
  readonly size: number;
  /** Replies that are not complete. */
  readonly active: number;
  /** All that sends to clients. */
  senders(): Iterable<Sender>;
  /**
   * Tells every connection that it will not be used again: GOAWAY over HTTP/2, `connection: close`
   * over HTTP/1.1.
   */
  retire(): void;
  /** Ends what still runs; see ExchangeLifetime.expire. */
  expire(): void;
  /**
   * Resolves when no reply is running, or after `timeoutMs`, whichever is first; false if some
   * still run.
   */
  idle(timeoutMs: number): Promise<boolean>;
  /**
   * Closes every connection once what was written has left; resolves when all are closed, or cut
   * after `timeoutMs`.
   */
  end(timeoutMs: number): Promise<void>;
  /** Cuts every connection now. */
  destroy(): void;
}

/**
 * Creates an empty set of connections. Each is retired when it is `maxAgeMs` old, more or less a
 * tenth, so that not all of them go at once; one that has nothing to finish is closed. 0: none is.
 */
export function createConnections(maxAgeMs = 0): Connections {
  const open = new Map<Duplex, Connection>();
  const watchers = new Set<() => void>();
  let retired = false;

  function age(connection: Connection): void {
    retireConnection(connection);
    // Over HTTP/1.1 a client that is idle learns of it by the end of the connection.
    if (connection.session === undefined && connection.exchanges.size === 0)
      connection.socket.end(() => connection.socket.destroy());
  }

  function countActive(): number {
    let count = 0;
    for (const connection of open.values()) count += connection.exchanges.size;
    return count;
  }

  const connections: Connections = {
    get size() {
      return open.size;
    },
    get active() {
      return countActive();
    },
    senders: () => sendersOf(open.values()),
    get: (socket) => open.get(socket),
    track(socket, peer) {
      const connection = new TrackedConnection(socket, peer, retired);
      open.set(socket, connection);
      socket.on("error", ignore);
      const aging = maxAgeMs > 0 ? setTimeout(age, jittered(maxAgeMs), connection) : undefined;
      aging?.unref();
      socket.once("close", () => {
        clearTimeout(aging);
        open.delete(socket);
        for (const exchange of [...connection.exchanges]) exchange.lose();
        for (const watcher of [...watchers]) watcher();
      });
      return connection;
    },
    retire() {
      retired = true;
      for (const connection of open.values()) retireConnection(connection);
    },
    expire() {
      const running = [...open.values()].flatMap((connection) => [...connection.exchanges]);
      for (const exchange of running) exchange.expire();
    },
    idle: (timeoutMs) => waitUntil(() => countActive() === 0, timeoutMs, watchers),
    async end(timeoutMs) {
      for (const connection of [...open.values()]) {
        if (connection.exchanges.size > 0) connection.cut();
        else if (connection.session?.closed === false) connection.session.close();
        else if (connection.session === undefined)
          connection.socket.end(() => connection.socket.destroy());
      }
      const closed = () => waitUntil(() => open.size === 0, timeoutMs, watchers);
      if (await closed()) return;
      connections.destroy();
      await closed();
    },
    destroy() {
      for (const connection of [...open.values()]) connection.cut();
    },
  };
  return connections;
}

/**
 * Tells a connection that it will not be used again. GOAWAY names the last stream taken: a client
 * may repeat later ones elsewhere (RFC 9113 section 6.8).
 */
function retireConnection(connection: Connection): void {
  connection.closing = true;
  if (connection.session?.closed === false) connection.session.close();
}

/**
 * Resolves with true when it is done, with false when it is not in time. It looks each `pollMs`,
 * and when a watcher is called.
 */
function waitUntil(
  done: () => boolean,
  timeoutMs: number,
  watchers: Set<() => void>,
): Promise<boolean> {
  if (done()) return Promise.resolve(true);
  return new Promise((resolve) => {
    const poll = setInterval(check, pollMs);
    const timer = setTimeout(() => finish(false), timeoutMs);
    watchers.add(check);
    function check(): void {
      if (done()) finish(true);
    }
    function finish(result: boolean): void {
      clearInterval(poll);
      clearTimeout(timer);
      watchers.delete(check);
      resolve(result);
    }
  });
}

function* sendersOf(connections: Iterable<Connection>): Generator<Sender> {
  for (const connection of connections) {
    yield connection;
    yield* connection.streams;
  }
}

/** A class, because its getters are looked at for each connection. */
class TrackedConnection implements Connection {
  readonly socket: Socket;
  readonly peer: Peer;
  readonly exchanges: Connection["exchanges"] = new Set();
  readonly streams: Connection["streams"] = new Set();
  session: Http2Session | undefined;
  closing: boolean;
  refused = false;

  constructor(socket: Socket, peer: Peer, closing: boolean) {
    this.socket = socket;
    this.peer = peer;
    this.closing = closing;
  }

  /**
   * An HTTP/2 session sends by its streams; once it has ended, the client's own end is waited for.
   */
  get waiting(): number {
    if (this.session === undefined) return this.socket.writableLength;
    return this.session.destroyed ? 1 : 0;
  }

  get sent(): number {
    return this.socket.bytesWritten - this.socket.writableLength;
  }

  drop(): void {
    this.cut();
  }

  cut(): void {
    this.session?.destroy();
    this.socket.destroy();
  }
}

/** A time that is up to a tenth longer or shorter, at random. */
function jittered(timeMs: number): number {
  return timeMs * (0.9 + Math.random() * 0.2);
}

/**
 * How often the end of running replies is looked for while draining; a check per reply would tax
 * every request.
 */
const pollMs = 10;

function ignore(): void {
  // A connection error also closes the socket, and `close` does the work.
}
