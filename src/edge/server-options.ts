import type { Slots } from "../state/state.ts";
import type { CorsOptions } from "./http/cors.ts";
import type { Exchange, ExchangeHandler } from "./http/exchange.ts";
import type { RefusalId } from "./http/http-error.ts";

/** Bounds of the listener. Times are milliseconds, 0 switches a time off; sizes are bytes. */
export interface ServerLimits {
  /** The largest request body; default 32 MiB. Above it 413, or RESOURCE_EXHAUSTED in an RPC. */
  readonly maxBodyBytes: number;
  /**
   * All request bodies that are held at a time; default 512 MiB. Above it 503, or UNAVAILABLE in an
   * RPC.
   */
  readonly bodyMemoryBytes: number;
  /** All request headers together; default 16 KiB. Above it 431. */
  readonly maxHeaderBytes: number;
  /** Time for the request headers, and for a TLS handshake; default 15 s. Later 408. */
  readonly headersTimeoutMs: number;
  /** Time for the whole request to arrive; default 120 s. Later 408. */
  readonly requestTimeoutMs: number;
  /**
   * Time for the body of a request that was answered without it, over HTTP/1.1; default 5 s. Later,
   * or past twice the largest body, the connection is cut. Over HTTP/2 the client gets a reset with
   * NO_ERROR.
   */
  readonly discardMs: number;
  /**
   * How long a connection without a running call stays open; default 75 s, above the 60 s of common
   * load balancers.
   */
  readonly idleTimeoutMs: number;
  /**
   * How long a client may take nothing of what is sent to it, however long the reply; default 30 s.
   * Then its stream is reset, or its connection cut.
   */
  readonly sendTimeoutMs: number;
  /**
   * How often a connection of HTTP/2 gets a PING while calls run on it, so that nothing between
   * takes it for idle; default 15 s.
   */
  readonly heartbeatMs: number;
  /** HTTP/2 streams that run at a time on one connection; default 256. */
  readonly maxConcurrentStreams: number;
  /**
   * The age at which a connection is retired, more or less a tenth: GOAWAY over HTTP/2,
   * `connection: close` over HTTP/1.1; default 0, which is never. What runs on it finishes.
   */
  readonly maxConnectionAgeMs: number;
  /** Open connections; default 16384. More are closed on arrival. */
  readonly maxConnections: number;
  /** After the grace period of a drain: time for calls to send their truthful end; default 1 s. */
  readonly expiryMs: number;
}

/** Certificate chain and private key in PEM. */
export interface TlsOptions {
  readonly cert: string | Uint8Array;
  readonly key: string | Uint8Array;
  /**
   * Certificates in PEM, of which one must have signed a client's. Absent: clients are asked for
   * none. Whether they are asked does not change by a reload.
   */
  readonly clientCa?: string | Uint8Array;
  /** Lets clients without a good certificate in; default: no. */
  readonly clientsWithout?: boolean;
  /** The oldest version that is spoken; default 1.2. */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
}

/** What a server is made of. */
export interface ServerOptions {
  /** Answers every request that the server does not answer itself. */
  readonly handler: ExchangeHandler;
  /**
   * Called when a handler threw or rejected; may answer for it before the head is sent. Where it
   * does not, HttpErrors are answered with their status, and everything else with 500. After the
   * head was sent the reply is aborted.
   */
  readonly onError?: (exchange: Exchange, error: unknown) => void;
  /**
   * Answers calls that arrive on open HTTP/1.1 connections while draining; the default is 503 with
   * `retry-after`. Over HTTP/2 GOAWAY refuses such calls, unseen by the handler, in a way that
   * clients know to be safe to repeat.
   */
  readonly onRefused?: ExchangeHandler;
  /**
   * Records a request that the server refuses by itself, and gives the id that its reply carries.
   * Absent: it carries none.
   */
  readonly refusalId?: RefusalId;
  readonly limits?: Partial<ServerLimits>;
  /** Where the memory of bodies is counted, in KiB; default: in this thread. */
  readonly bodies?: Slots | undefined;
  readonly tls?: TlsOptions;
  /**
   * Addresses and networks of proxies whose `X-Forwarded-For` is believed; default: none. Others
   * than those make `createServer` throw a RangeError.
   */
  readonly trustedProxies?: readonly string[];
  /** Whether connections of trusted proxies begin with a header of the PROXY protocol. */
  readonly proxyProtocol?: boolean;
  readonly cors?: CorsOptions;
}

/** Fills in the defaults. */
export function withDefaultLimits(limits: Partial<ServerLimits> | undefined): ServerLimits {
  return {
    maxBodyBytes: 32 * 1024 * 1024,
    bodyMemoryBytes: 512 * 1024 * 1024,
    maxHeaderBytes: 16 * 1024,
    headersTimeoutMs: 15_000,
    requestTimeoutMs: 120_000,
    discardMs: 5_000,
    idleTimeoutMs: 75_000,
    sendTimeoutMs: 30_000,
    heartbeatMs: 15_000,
    maxConcurrentStreams: 256,
    maxConnectionAgeMs: 0,
    maxConnections: 16_384,
    expiryMs: 1_000,
    ...limits,
  };
}
