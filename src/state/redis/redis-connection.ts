import { createHash } from "node:crypto";
import type { Cluster, Redis } from "ioredis";
import type { RedisAddress, RedisNode } from "../../config/redis-address.ts";
import type { RedisReply, RedisValue } from "./shared-redis.ts";

/** A client of one server, cluster or master, which connects again whenever it has lost it. */
export interface RedisConnection {
  /** Rejects where the connection is lost, and with what the server refuses. */
  send(command: readonly [string, ...RedisValue[]]): Promise<RedisReply>;
  /** Rejects likewise. */
  runScript(
    text: string,
    keys: readonly string[],
    args: readonly RedisValue[],
  ): Promise<RedisReply>;
  /** Drops the connection and makes another. */
  reconnect(): void;
  close(): void;
}

/** Who hears of a connection. */
export interface ConnectionEvents {
  /** It is made, and the server takes commands. */
  readonly onReady: () => void;
  /** It is lost, or could not be made, or the server refuses it. */
  readonly onDown: (error: Error | undefined) => void;
}

/** Connects in the background. Loads the client, which only gateways with a Redis need. */
export async function connectRedis(
  address: RedisAddress,
  events: ConnectionEvents,
): Promise<RedisConnection> {
  const library = await import("ioredis");
  const client = createClient(library, address);
  const hashes = new Map<string, string>();
  let lastError: Error | undefined;
  client.on("ready", () => {
    lastError = undefined;
    events.onReady();
  });
  client.on("error", (error: Error) => {
    lastError = error;
    events.onDown(error);
  });
  client.on("node error", (error: Error) => {
    lastError = error;
  });
  client.on("close", () => events.onDown(lastError));
  client.connect().catch(() => undefined);
  const send: RedisConnection["send"] = async ([name, ...args]) =>
    asReply(await client.callBuffer(name.toLowerCase(), args.map(asArgument)));
  return {
    send,
    async runScript(text, keys, args) {
      let hash = hashes.get(text);
      if (hash === undefined) {
        hash = createHash("sha1").update(text).digest("hex");
        hashes.set(text, hash);
      }
      try {
        return await send(["evalsha", hash, keys.length, ...keys, ...args]);
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
        return send(["eval", text, keys.length, ...keys, ...args]);
      }
    },
    reconnect: () => client.disconnect(true),
    close: () => client.disconnect(),
  };
}

type Library = Pick<typeof import("ioredis"), "Redis" | "Cluster">;

/** Longer pauses between tries to connect would leave Redis unused for longer than it is down. */
const maxPauseMs = 1_000;

const connectTimeoutMs = 2_000;

function createClient(library: Library, address: RedisAddress): Redis | Cluster {
  const { kind, nodes, tls, username, password, database, sentinel } = address;
  const common = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: password.reveal() }),
    ...(tls ? { tls: {} } : {}),
    protocol: 2,
    disableClientInfo: true,
    connectTimeout: connectTimeoutMs,
    // What a lost connection leaves open may have happened: it is not done twice.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
  } as const;
  const alone = { lazyConnect: true, enableOfflineQueue: false } as const;
  if (kind === "cluster")
    return new library.Cluster(nodes.flatMap(hostAndPort), {
      ...alone,
      clusterRetryStrategy: pauseMs,
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      slotsRefreshTimeout: connectTimeoutMs,
      redisOptions: common,
    });
  const single = { ...common, ...alone, db: database, retryStrategy: pauseMs };
  if (kind === "single") return new library.Redis({ ...single, ...nodes[0] });
  return new library.Redis({
    ...single,
    sentinels: nodes.flatMap(hostAndPort),
    sentinelRetryStrategy: pauseMs,
    ...(sentinel === undefined ? {} : { name: sentinel.name }),
    ...(sentinel?.username === undefined ? {} : { sentinelUsername: sentinel.username }),
    ...(sentinel?.password === undefined ? {} : { sentinelPassword: sentinel.password.reveal() }),
    ...(tls ? { sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
  });
}

function hostAndPort(node: RedisNode) {
  return "host" in node ? [node] : [];
}

function pauseMs(times: number): number {
  return Math.min(50 * 2 ** Math.min(times, 10), maxPauseMs);
}

function asArgument(value: RedisValue): string | number | Buffer {
  return value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : value;
}

/** Replies of the second version of the protocol have no other values. */
function asReply(value: unknown): RedisReply {
  if (typeof value === "number" || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(asReply);
  return Buffer.from(String(value));
}
