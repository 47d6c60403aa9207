import { createServer as createTcpServer, type Socket, type Server as TcpServer } from "node:net";
import {
  createServer as createTlsServer,
  type SecureContextOptions,
  type Server as TlsServer,
} from "node:tls";
import type { TlsOptions } from "../server-options.ts";
import type { Trust } from "./peer/client-address.ts";
import { readProxyHeader } from "./peer/proxy-header.ts";

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
  /**
   * Whether a connection from an address begins with a header of the PROXY protocol. Undefined:
   * none does.
   */
  readonly proxied?: Trust | undefined;
}

/**
 * Takes a connection whose protocol is known. `proxied` is the client's address by the header of a
 * proxy, where there was one that has it.
 */
export type Accept = (
  socket: Socket,
  protocol: SniffedProtocol,
  proxied: string | undefined,
) => void;

/**
 * Creates a port that hands over each connection once its protocol is known, with its first bytes
 * still to be read.
 */
export function createAcceptor(options: AcceptorOptions, accept: Accept): Acceptor {
  const undecided = new Map<string, Socket>();
  /** The addresses that proxies' headers have, by the names of their connections. */
  const addresses = new Map<string, string>();
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
    accept(socket, protocol, addresses.get(nameOf(socket)));
  }
  function begin(socket: Socket, next: (socket: Socket) => void): void {
    hold(socket);
    if (options.proxied?.(socket.remoteAddress ?? "") !== true) {
      next(socket);
      return;
    }
    readStart(socket, options.headersTimeoutMs, (start) => {
      const header = readProxyHeader(start);
      if (header.kind !== "header") return header.kind;
      if (header.address !== undefined) remember(socket, header.address);
      return { bytes: header.length, next };
    });
  }
  function remember(socket: Socket, address: string): void {
    const name = nameOf(socket);
    addresses.set(name, address);
    socket.once("close", () => addresses.delete(name));
  }
  function sniff(socket: Socket): void {
    readStart(socket, options.headersTimeoutMs, (start) => {
      const protocol = readPreface(start);
      if (protocol === "undecided") return "more";
      return { bytes: 0, next: () => handOverPlain(socket, protocol) };
    });
  }
  function handOverPlain(socket: Socket, protocol: SniffedProtocol): void {
    handOver(socket, protocol);
    // node's HTTP/1.1 server expects its sockets to flow; its HTTP/2 session takes over the handle,
    // paused or not.
    if (protocol === "h1") socket.resume();
  }

  const encrypted =
    options.tls === undefined
      ? undefined
      : createTlsEngine(options.tls, options.headersTimeoutMs, handOver);
  const server = createTcpServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
    begin(socket, encrypted === undefined ? sniff : (raw) => encrypted.emit("connection", raw)),
  );
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
      if (encrypted === undefined) throw new Error("The server was created without TLS.");
      encrypted.setSecureContext(secureContext(tls));
    },
  };
}

/** Speaks TLS on connections that it is given as those of its own. */
function createTlsEngine(
  tls: TlsOptions,
  handshakeTimeoutMs: number,
  accept: (socket: Socket, protocol: SniffedProtocol) => void,
): TlsServer {
  const server = createTlsServer({
    ...secureContext(tls),
    requestCert: tls.clientCa !== undefined,
    rejectUnauthorized: tls.clientsWithout !== true,
    ALPNProtocols: ["h2", "http/1.1"],
    handshakeTimeout: handshakeTimeoutMs,
    allowHalfOpen: true,
    noDelay: true,
  });
  server.on("secureConnection", (socket) =>
    accept(socket, socket.alpnProtocol === "h2" ? "h2" : "h1"),
  );
  return server;
}

function secureContext({
  cert,
  key,
  clientCa,
  minVersion = "TLSv1.2",
}: TlsOptions): SecureContextOptions {
  const own = { cert: Buffer.from(cert), key: Buffer.from(key), minVersion };
  return clientCa === undefined ? own : { ...own, ca: Buffer.from(clientCa) };
}

/** How many of the bytes are used up, and what goes on with the rest. */
interface Taken {
  readonly bytes: number;
  readonly next: (socket: Socket) => void;
}

/**
 * Reads just enough to know how a connection begins, and puts back what is not used up. `read` gets
 * all that has come; for `bad` the connection is cut, as is a client that says nothing in time.
 */
function readStart(
  socket: Socket,
  timeoutMs: number,
  read: (start: Buffer) => Taken | "more" | "bad",
): void {
  let start: Buffer = Buffer.alloc(0);
  const timer = timeoutMs > 0 ? setTimeout(() => socket.destroy(), timeoutMs) : undefined;
  socket.on("data", onData);
  socket.on("end", onEnd);
  socket.on("close", onEnd);
  socket.resume();

  function stop(): void {
    clearTimeout(timer);
    socket.off("data", onData);
    socket.off("end", onEnd);
    socket.off("close", onEnd);
  }
  function onData(chunk: Buffer): void {
    start = start.length === 0 ? chunk : Buffer.concat([start, chunk]);
    const found = read(start);
    if (found === "more") return;
    stop();
    if (found === "bad") {
      socket.destroy();
      return;
    }
    socket.pause();
    if (found.bytes < start.length) socket.unshift(start.subarray(found.bytes));
    found.next(socket);
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
