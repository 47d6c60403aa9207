import Client from "undici/lib/dispatcher/client.js";
import Pool from "undici/lib/dispatcher/pool.js";
import type { ConnectionRules } from "../core/net/egress.ts";
import { plainHost, portOf } from "../core/net/host-of.ts";
import { createMemoryState, type State } from "../state/state.ts";
import type { Clock, UpstreamTimeouts } from "./call-clock.ts";
import { CANCELLED, type Cancellation, cancellationOf } from "./cancellation.ts";
import { ConnectionSlots, type SlotBounds } from "./connection-slots.ts";
import { Exchange } from "./exchange.ts";
import type { UpstreamResponse } from "./response.ts";
import { toUpstreamError, UpstreamError } from "./upstream-error.ts";

/** One HTTP request. */
export interface UpstreamRequest {
  readonly method: string;
  /**
   * `origin` is scheme, host and port ("https://api.example.com"); `path` begins with "/" and
   * carries the query.
   */
  readonly url: { readonly origin: string; readonly path: string };
  /** Flat: name, value, name, value. Host, Content-Length and Connection are set by the client. */
  readonly headers: readonly string[];
  readonly body?: Uint8Array | string;
  /** The name of the key that calls. Absent: none, as of all callers without one together. */
  readonly key?: string;
  /** Its abort destroys the upstream connection at once, also within the body. */
  readonly signal?: AbortSignal;
  /** The call's, in the place of a signal, which costs several times as much. */
  readonly life?: Cancellation;
  readonly timeouts: UpstreamTimeouts;
  /** How a connection is opened for it. Absent: as usual. */
  readonly rules?: ConnectionRules | undefined;
}

/** Settings that hold for every origin. */
export interface UpstreamOptions {
  /** The time that bounds go by; default that of the process. */
  readonly clock?: Clock;
  /** Where connections are counted; default: in this thread. */
  readonly state?: State;
  /**
   * Connections per origin for calls that are no provider's, default 256; more calls wait their
   * turn.
   */
  readonly connections?: number;
  /**
   * How long an idle connection is kept where the server does not say, in milliseconds; default
   * 30,000.
   */
  readonly keepAliveMs?: number;
  /** Speak HTTP/2 where the server offers it; default false. */
  readonly allowH2?: boolean;
  /** TLS trust and client identity; by default Node's own roots. */
  readonly tls?: {
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
    readonly rejectUnauthorized?: boolean;
  };
}

/** Sends requests to one provider. */
export type UpstreamSend = Pick<Upstream, "request">;

/**
 * A way to upstreams. Redirects are not followed, nothing is retried, and errors are UpstreamError.
 */
export interface Upstream {
  /** Settles when the reply head is in. The body must then be read or cancelled. */
  request(request: UpstreamRequest): Promise<UpstreamResponse>;
  /**
   * The way to a provider, whose connections it shares with no other, also not at the same origin.
   * Calls beyond `bounds` wait, at most for their connect timeout: see ConnectionSlots. A second
   * call with the same name returns the same way, and its bounds stay as they are: see `resize`.
   * Its connections are opened by `rules`, and no request without them takes one.
   */
  forProvider(name: string, bounds: SlotBounds, rules?: ConnectionRules): UpstreamSend;
  /** Sets the bounds of a provider's connections from now on. */
  resize(name: string, bounds: SlotBounds): void;
  /** Refuses new calls, lets running ones finish, closes all connections. */
  close(): Promise<void>;
  /** Closes all connections now; running calls fail as `closed`. */
  destroy(): Promise<void>;
}

/** Connections that are shared by some calls. */
interface Lane {
  /** By the rules that they are opened by; by origin, connect timeout and number of connections. */
  readonly pools: Map<ConnectionRules | undefined, Map<string, Pool>>;
  readonly slots: ConnectionSlots<Exchange> | undefined;
  connections: number;
  /** The pool that was used last: most calls use the same. */
  last?: LastPool;
}

interface LastPool {
  readonly rules: ConnectionRules | undefined;
  readonly origin: string;
  readonly connectMs: number;
  readonly connections: number;
  readonly pool: Pool;
}

/** Creates an upstream client with pools of keep-alive connections. Opens nothing yet. */
export function createUpstream(options: UpstreamOptions = {}): Upstream {
  const { clock = processClock, state = createMemoryState() } = options;
  const shared: Lane = {
    pools: new Map(),
    slots: undefined,
    connections: options.connections ?? 256,
  };
  const lanes = new Map<string, Lane>();
  let closed = false;

  const send = (lane: Lane, request: UpstreamRequest): Promise<UpstreamResponse> => {
    const { origin, path } = request.url;
    return new Promise((resolve, reject) => {
      if (closed) return reject(new UpstreamError("closed", "the upstream client is closed"));
      const { signal } = request;
      const life = request.life ?? (signal && cancellationOf(signal));
      if (life?.reason !== undefined)
        return reject(new UpstreamError("aborted", CANCELLED, { cause: life.reason }));
      const { rules } = request;
      const dispatcher = poolFor(lane, { origin, rules }, request.timeouts.connectMs, options);
      if (dispatcher instanceof UpstreamError) return reject(dispatcher);
      const call = {
        origin,
        key: request.key ?? NO_KEY,
        life,
        timeouts: request.timeouts,
        options: {
          method: request.method,
          path,
          // undici's type asks for a mutable array, its code only reads it.
          headers: request.headers as string[],
          body: request.body ?? null,
          // The exchange keeps these bounds itself: undici's know nothing of what a stream says.
          headersTimeout: 0,
          bodyTimeout: 0,
        },
      };
      new Exchange(call, { dispatcher, slots: lane.slots, clock }, resolve, reject).begin();
    });
  };
  const everyLane = (): readonly Lane[] => [shared, ...lanes.values()];
  const everyPool = (): readonly Pool[] =>
    everyLane().flatMap(({ pools }) => [...pools.values()].flatMap((each) => [...each.values()]));

  return {
    request: (request) => send(shared, request),
    forProvider(name, bounds, rules) {
      const lane = lanes.get(name) ?? openLane(name, bounds, state);
      lanes.set(name, lane);
      if (rules !== undefined) return { request: (request) => send(lane, { ...request, rules }) };
      return { request: (request) => send(lane, request) };
    },
    resize(name, bounds) {
      const lane = lanes.get(name);
      if (lane === undefined) return;
      lane.connections = bounds.total;
      lane.slots?.resize(bounds);
    },
    async close() {
      closed = true;
      await Promise.all(everyLane().map(({ slots }) => slots?.quiet()));
      await Promise.all(everyPool().map((pool) => pool.close()));
    },
    async destroy() {
      closed = true;
      const error = new UpstreamError("closed", "the upstream client is closed");
      for (const { slots } of everyLane())
        for (const waiting of slots?.waiting() ?? []) waiting.abort(error);
      await Promise.all(everyPool().map((pool) => pool.destroy()));
    },
  };
}

function openLane(name: string, bounds: SlotBounds, state: State): Lane {
  const slots = new ConnectionSlots<Exchange>(bounds, state, name);
  return { pools: new Map(), slots, connections: bounds.total };
}

/** Callers without a key are one. */
const NO_KEY = "";

const processClock: Clock = {
  nowMs: () => performance.now(),
  schedule(run, delayMs) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Where a request goes, and by which rules. */
interface Place {
  readonly origin: string;
  readonly rules: ConnectionRules | undefined;
}

function poolFor(
  lane: Lane,
  { origin, rules }: Place,
  connectMs: number,
  options: UpstreamOptions,
): Pool | UpstreamError {
  const { connections, last } = lane;
  if (
    last?.origin === origin &&
    last.rules === rules &&
    last.connectMs === connectMs &&
    last.connections === connections
  )
    return last.pool;
  const pools = poolsBy(lane, rules);
  const id = `${connectMs} ${connections} ${origin}`;
  const pool = pools.get(id) ?? createPool({ origin, rules }, connectMs, connections, options);
  if (!(pool instanceof Pool)) return pool;
  pools.set(id, pool);
  lane.last = { rules, origin, connectMs, connections, pool };
  return pool;
}

/** There are connections by one set of rules at a time, since a reload that changes them makes others. */
function poolsBy(lane: Lane, rules: ConnectionRules | undefined): Map<string, Pool> {
  const { pools } = lane;
  const known = pools.get(rules);
  if (known !== undefined) return known;
  for (const [other, each] of pools) {
    if (other === undefined || rules === undefined) continue;
    pools.delete(other);
    delete lane.last;
    for (const pool of each.values()) void pool.close();
  }
  const made = new Map<string, Pool>();
  pools.set(rules, made);
  return made;
}

function createPool(
  { origin, rules }: Place,
  connectMs: number,
  connections: number,
  options: UpstreamOptions,
): Pool | UpstreamError {
  if (!isOrigin(origin))
    return new UpstreamError("invalid_request", "the address is not one of http or https", {
      detail: origin,
    });
  const url = new URL(origin);
  const { gate, tls } = rules ?? {};
  const refusal = gate?.refusal(plainHost(url.hostname), portOf(url));
  if (refusal !== undefined) return toUpstreamError(refusal, "connecting", origin);
  return new Pool(origin, {
    connections,
    pipelining: 1,
    allowH2: options.allowH2 ?? false,
    keepAliveTimeout: options.keepAliveMs ?? 30_000,
    connect: {
      timeout: connectMs,
      ...options.tls,
      ...tls,
      ...(gate && { lookup: gate.lookup(portOf(url)) }),
    },
    factory: createConnection,
  });
}

/**
 * A connection of a pool. undici's own says that it is busy after a request that it refused to take
 * (a path or a header that HTTP cannot carry), and its pool then waits for it for ever: one lost
 * for each such request.
 */
function createConnection(origin: URL, options: object): Client {
  const client = new Client(origin, options);
  const dispatch = client.dispatch.bind(client);
  const honest: typeof dispatch = (request, handler) =>
    dispatch(request, handler) || client.stats.size === 0;
  client.dispatch = honest;
  return client;
}

function isOrigin(origin: string): boolean {
  const url = URL.parse(origin);
  return (
    url !== null && (url.protocol === "http:" || url.protocol === "https:") && origin === url.origin
  );
}
