import { createServer as createTcpServer, type Socket, type Server as TcpServer } from "node:net";
import { createServer as createTlsServer, type Server as TlsServer } from "node:tls";
import type { TlsOptions } from "../server-options.ts";

/** What the first bytes of a connection say about its protocol. */
type Preface = "h1" | "h2" | "undecided";

/**
 * Tells HTTP/2 with prior knowledge from HTTP/1.1. A client that speaks HTTP/2 opens with `PRI *
 * HTTP/2.0` (RFC 9113 section 3.4), which is no valid HTTP/1.1 request. `start` is everything
 * received so far, and may be a single byte.
 */
export function readPreface(start: Uint8Array): Preface {
  const length = Math.min(start.length, preface.length);
  for (let index = 0; index < length; index++) {
    if (start[index] !== preface[index]) return "h1";
  }
  return length === preface.length ? "h2" : "undecided";
}

const preface: Uint8Array = new TextEncoder().encode("PRI * HTTP/2.0");

/** Where a server is to listen. */
export interface ListenRequest {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Shares the port with other threads that say the same; the system spreads connections. */
  readonly reusePort?: boolean;
}

/** Where a server listens. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
  /** What to paste into a client, for example `http://127.0.0.1:4000`. */
  readonly url: string;
}

/** The protocol of a new connection: by its first bytes, or by ALPN over TLS. */
export type SniffedProtocol = "h1" | "h2";

/** An open port. */
export interface Acceptor {
  listen(request: ListenRequest): Promise<ListenAddress>;
  /**
   * Accepts nothing more and cuts connections whose protocol is still unknown; resolves when all
   * have closed.
   */
  close(): Promise<void>;
  /** Uses another certificate for connections to come. */
  reloadTls(tls: TlsOptions): void;
}

/** Bounds and certificate of a port. */
export interface AcceptorOptions {
  readonly maxConnections: number;
  /** Time for a client to say which protocol it speaks, TLS handshake included. */
  readonly headersTimeoutMs: number;
  readonly tls: TlsOptions | undefined;
}

/**
 * Creates a port that hands over each connection once its protocol is known, with its first bytes
 * still to be read.
 */
export function createAcceptor(
  options: AcceptorOptions,
  accept: (socket: Socket, protocol: SniffedProtocol) => void,
): Acceptor {
  const undecided = new Map<string, Socket>();
  let closed = false;

  function hold(socket: Socket): void {
    const peer = nameOf(socket);
    undecided.set(peer, socket);
    socket.once("close", () => undecided.delete(peer));
    socket.on("error", ignore);
    if (closed) socket.destroy();
  }
  function handOver(socket: Socket, protocol: SniffedProtocol): void {
    undecided.delete(nameOf(socket));
    accept(socket, protocol);
  }

  const server =
    options.tls === undefined
      ? listenPlain((socket) => {
          hold(socket);
          sniff(socket, options.headersTimeoutMs, (protocol) => handOver(socket, protocol));
        })
      : listenTls(options.tls, options.headersTimeoutMs, hold, handOver);
  server.maxConnections = options.maxConnections;

  return {
    listen: (request) => open(server, request, options.tls === undefined ? "http" : "https"),
    close() {
      closed = true;
      const released = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of undecided.values()) socket.destroy();
      return released;
    },
    reloadTls(tls) {
      if (!("setSecureContext" in server)) throw new Error("The server was created without TLS.");
      server.setSecureContext({ cert: Buffer.from(tls.cert), key: Buffer.from(tls.key) });
    },
  };
}

function listenPlain(connected: (socket: Socket) => void): TcpServer {
  return createTcpServer({ allowHalfOpen: true, noDelay: true }, connected);
}

function listenTls(
  tls: TlsOptions,
  handshakeTimeoutMs: number,
  hold: (socket: Socket) => void,
  accept: (socket: Socket, protocol: SniffedProtocol) => void,
): TlsServer {
  const server = createTlsServer({
    cert: Buffer.from(tls.cert),
    key: Buffer.from(tls.key),
    ALPNProtocols: ["h2", "http/1.1"],
    handshakeTimeout: handshakeTimeoutMs,
    allowHalfOpen: true,
    noDelay: true,
  });
  server.on("connection", hold);
  server.on("secureConnection", (socket) =>
    accept(socket, socket.alpnProtocol === "h2" ? "h2" : "h1"),
  );
  return server;
}

/**
 * Reads just enough to tell the protocol, and puts it back. A client that says nothing in time is
 * cut.
 */
function sniff(
  socket: Socket,
  timeoutMs: number,
  found: (protocol: SniffedProtocol) => void,
): void {
  let start: Buffer = Buffer.alloc(0);
  const timer = timeoutMs > 0 ? setTimeout(() => socket.destroy(), timeoutMs) : undefined;
  socket.on("data", onData);
  socket.on("end", onEnd);
  socket.on("close", onEnd);

  function stop(): void {
    clearTimeout(timer);
    socket.off("data", onData);
    socket.off("end", onEnd);
    socket.off("close", onEnd);
  }
  function onData(chunk: Buffer): void {
    start = start.length === 0 ? chunk : Buffer.concat([start, chunk]);
    const protocol = readPreface(start);
    if (protocol === "undecided") return;
    stop();
    socket.pause();
    socket.unshift(start);
    found(protocol);
    // node's HTTP/1.1 server expects its sockets to flow; its HTTP/2 session takes over the handle,
    // paused or not.
    if (protocol === "h1") socket.resume();
  }
  function onEnd(): void {
    stop();
    socket.destroy();
  }
}

function open(
  server: TcpServer,
  { host, port: wanted, reusePort = false }: ListenRequest,
  scheme: string,
): Promise<ListenAddress> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: wanted, host, reusePort }, () => {
      server.off("error", reject);
      const bound = server.address();
      const port = typeof bound === "object" && bound !== null ? bound.port : wanted;
      const name = host.includes(":") ? `[${host}]` : host;
      resolve({ host, port, url: `${scheme}://${name}:${port}` });
    });
  });
}

/** Names a connection; a TLS socket and the plain socket that it wraps have the same name. */
function nameOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}

function ignore(): void {
  // A connection error also closes the socket, and `close` does the work.
}
