import type { RedisSentinel, RedisState } from "../../../gen/parlance/config/v1/storage_pb.js";
import { durationMs } from "../../core/time/duration-ms.ts";
import { type ConfigScope, inElement, inField, problem } from "../config-scope.ts";
import { redisDefaults } from "../defaults.ts";
import type { RedisAddress, RedisMaster, RedisNode } from "../redis-address.ts";
import { resolveSecret } from "../resolve-secret.ts";
import { createSecretValue } from "../secret-value.ts";

/**
 * Where the Redis of the state is; undefined where there is none, or after a report. `scope` is
 * that of `state.redis`. Reports never repeat what the address holds.
 */
export function compileRedis(
  redis: RedisState | undefined,
  scope: ConfigScope,
): RedisAddress | undefined {
  if (redis === undefined) return undefined;
  const kind = kindOf(redis, scope);
  const more = parseNodes(redis.nodes, scope);
  const sentinel = compileSentinel(redis.sentinel, inField(scope, "sentinel"));
  const server = compileUrl(redis, inField(scope, "url"));
  if (kind === undefined || more === undefined || server === undefined) return undefined;
  if (!suits(server, kind, inField(scope, "url"))) return undefined;
  const { node, ...rest } = server;
  return {
    nodes: [node, ...more],
    kind,
    ...rest,
    ...(sentinel === undefined ? {} : { sentinel }),
    prefix: redis.prefix || redisDefaults.prefix,
    timeoutMs: redis.timeout === undefined ? redisDefaults.timeoutMs : durationMs(redis.timeout),
  };
}

function kindOf(
  { cluster, sentinel, nodes }: RedisState,
  scope: ConfigScope,
): RedisAddress["kind"] | undefined {
  if (cluster && sentinel !== undefined)
    return problem(inField(scope, "sentinel"), {
      message: "does not go with cluster: true, for a cluster finds its masters itself",
      hint: "leave out one of the two",
      ruleId: "redis_kind",
    });
  if (!cluster && sentinel === undefined && nodes.length > 0)
    return problem(inField(scope, "nodes"), {
      message: "are nodes of a cluster or sentinels, and neither is configured",
      hint: "add cluster: true or sentinel: { name: ... }, or leave out nodes",
      ruleId: "redis_kind",
    });
  if (cluster) return "cluster";
  return sentinel === undefined ? "single" : "sentinel";
}

/** Undefined after a report. */
function parseNodes(
  nodes: readonly string[],
  scope: ConfigScope,
): readonly RedisNode[] | undefined {
  const parsed: RedisNode[] = [];
  for (const [index, text] of nodes.entries()) {
    const colon = text.lastIndexOf(":");
    const port = Number(text.slice(colon + 1));
    if (port >= 1 && port <= 65_535)
      parsed.push({ host: text.slice(0, colon).replace(/^\[|\]$/g, ""), port });
    else
      problem(inElement(inField(scope, "nodes"), index), {
        message: "has no port from 1 to 65535",
        hint: "write host:port, such as redis-2:6379",
        ruleId: "redis_node",
      });
  }
  return parsed.length === nodes.length ? parsed : undefined;
}

function compileSentinel(
  sentinel: RedisSentinel | undefined,
  scope: ConfigScope,
): RedisMaster | undefined {
  if (sentinel === undefined) return undefined;
  const { name, username } = sentinel;
  const password = resolveSecret(sentinel.password, inField(scope, "password"));
  return {
    name,
    ...(username === "" ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
}

/** What an address says of the server. */
interface Server extends Pick<RedisAddress, "tls" | "username" | "password" | "database"> {
  readonly node: RedisNode;
}

function compileUrl({ url }: RedisState, scope: ConfigScope): Server | undefined {
  const secret = resolveSecret(url, scope);
  if (secret === undefined) return undefined;
  const looksUp = url?.source.case === "value" || scope.sources.leaveOut === undefined;
  if (!looksUp) return undefined;
  const server = parseUrl(secret.reveal());
  if (server !== undefined) return server;
  return problem(scope, {
    message: "is not the address of a Redis server",
    hint: "write redis://user:password@host:6379/0, rediss:// for TLS, or unix:///path/of/socket; in user and password write @, :, / and % as %40, %3A, %2F and %25",
    ruleId: "redis_url",
  });
}

function parseUrl(text: string): Server | undefined {
  const url = URL.parse(text);
  if (url === null) return undefined;
  const node = nodeOf(url);
  const number = url.protocol === "unix:" ? url.searchParams.get("db") : url.pathname.slice(1);
  const database = Number(number || "0");
  const [username, password] = [url.username, url.password].map(decode);
  if (node === undefined || username === undefined || password === undefined) return undefined;
  if (!Number.isInteger(database) || database < 0 || database > maxDatabase) return undefined;
  return {
    node,
    tls: url.protocol === "rediss:",
    ...(username === "" ? {} : { username }),
    ...(password === "" ? {} : { password: createSecretValue(password) }),
    database,
  };
}

function nodeOf({ protocol, hostname, pathname, port }: URL): RedisNode | undefined {
  const text = decode(protocol === "unix:" ? pathname : hostname);
  if (text === undefined || text === "") return undefined;
  if (protocol === "unix:")
    return hostname === "" || hostname === "localhost" ? { path: text } : undefined;
  if (protocol !== "redis:" && protocol !== "rediss:") return undefined;
  return { host: text.replace(/^\[|\]$/g, ""), port: Number(port || "6379") };
}

/** More databases than a server can have. */
const maxDatabase = 1_000_000;

/** Undefined where a percent sign begins no escape. */
function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Whether a server can be of a kind; reports where it cannot. */
function suits({ node, database }: Server, kind: RedisAddress["kind"], scope: ConfigScope) {
  if (kind === "single") return true;
  if ("path" in node)
    problem(scope, {
      message: `is a socket, and ${kind === "cluster" ? "nodes of a cluster" : "sentinels"} are called by host and port`,
      hint: "write redis://host:port",
      ruleId: "redis_url",
    });
  else if (kind === "cluster" && database !== 0)
    problem(scope, {
      message: "names a database, and a cluster has only database 0",
      hint: "leave out the path of the address, and use `prefix` to tell gateways apart",
      ruleId: "redis_url",
    });
  else return true;
  return false;
}
