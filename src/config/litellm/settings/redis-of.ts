import { firstOf } from "../deployments/deployment.ts";
import { referenceOf, type Surroundings, variableOf } from "../surroundings.ts";
import {
  type Draft,
  mapping,
  scalar,
  secretOf,
  secretValue,
  sequenceOrNone,
} from "../tree/draft.ts";
import { itemsOf, type Member, membersOf, type Place } from "../tree/tree.ts";
import { flagOf, secretDraftOf, textOf } from "../tree/values.ts";
import type { Sections } from "./sections.ts";

/** Where settings of a Redis stand: `redis_host` of the router, or `host` of the cache. */
interface RedisSettings {
  readonly members: ReadonlyMap<string, Member>;
  readonly key: (name: string) => string;
  readonly at: Place;
}

/** `state.redis`, as the router or the cache says; undefined: there is no Redis. */
export function redisOf(sections: Sections, surroundings: Surroundings): Draft | undefined {
  const cache = sections.litellm.get("cache_params");
  const params = membersOf(cache?.value);
  const type = textOf(params.get("type")?.value, surroundings)?.value ?? "";
  const router = sections.router;
  const named = ["redis_url", "redis_host"].flatMap((key) => router.get(key) ?? []);
  const first = named[0];
  if (first !== undefined)
    return redisAt({ members: router, key: (name) => `redis_${name}`, at: first.at }, surroundings);
  const on = flagOf(sections.litellm.get("cache")?.value, surroundings)?.value === true;
  if (cache === undefined || !on || !(type === "redis" || type === "redis-semantic" || type === ""))
    return undefined;
  return redisAt({ members: params, key: (name) => name, at: cache.at }, surroundings);
}

function redisAt(settings: RedisSettings, surroundings: Surroundings): Draft | undefined {
  const { members, key, at } = settings;
  const cluster = nodesOf(members.get("redis_startup_nodes"), surroundings);
  const sentinels = nodesOf(members.get("sentinel_nodes"), surroundings);
  const nodes = cluster ?? sentinels ?? [];
  const url = urlOf(settings, nodes[0], surroundings);
  if (url === undefined) return undefined;
  const prefix = textOf(firstOf(members, "namespace"), surroundings);
  const master = textOf(firstOf(members, "service_name"), surroundings);
  const password = secretDraftOf(firstOf(members, "sentinel_password"), surroundings);
  return mapping(
    {
      url,
      cluster: cluster === undefined ? undefined : scalar(true, at),
      nodes: sequenceOrNone(
        nodes.slice(1).map((node) => scalar(node, at)),
        at,
      ),
      sentinel:
        sentinels === undefined
          ? undefined
          : mapping({ name: scalar(master?.value ?? "mymaster", master?.at ?? at), password }, at),
      prefix:
        prefix === undefined || !/^[A-Za-z0-9._:-]{1,64}$/.test(prefix.value)
          ? undefined
          : scalar(prefix.value, prefix.at),
    },
    members.get(key("host"))?.at ?? at,
  );
}

/** `host:port` of each node; undefined: none are listed. */
function nodesOf(
  member: Member | undefined,
  surroundings: Surroundings,
): readonly string[] | undefined {
  const nodes = itemsOf(member?.value).flatMap((node) => {
    const parts =
      node.kind === "series"
        ? node.items.map((item) => textOf(item, surroundings)?.value)
        : ["host", "port"].map(
            (key) => textOf(membersOf(node).get(key)?.value, surroundings)?.value,
          );
    const [host, port = "6379"] = parts;
    return host === undefined ? [] : [`${host}:${port}`];
  });
  return nodes.length === 0 ? undefined : nodes;
}

/** The address as one secret. In a file that is written a password of the environment stays there. */
function urlOf(
  settings: RedisSettings,
  node: string | undefined,
  surroundings: Surroundings,
): Draft | undefined {
  const { members, key, at } = settings;
  const url = secretDraftOf(firstOf(members, key("url"), "url"), surroundings);
  if (url !== undefined) return url;
  const place = members.get(key("host"))?.value.at ?? at;
  const host = node ?? hostOf(settings, surroundings);
  if (host === undefined)
    return variableOf("REDIS_URL", surroundings) === undefined
      ? undefined
      : secretOf("REDIS_URL", at);
  const secure = flagOf(firstOf(members, "ssl"), surroundings)?.value === true;
  const scheme = secure ? "rediss" : "redis";
  const secret = firstOf(members, key("password"));
  // Of a password that is not set the note of its own is enough.
  const password = textOf(secret, quiet(surroundings)) ?? environmentPassword(surroundings);
  const isLiteral = secret?.kind === "leaf" && referenceOf(secret.value) === undefined;
  if (surroundings.written && password !== undefined && !isLiteral) {
    surroundings.note({
      kind: "changed",
      at: place,
      message: "the address and the password are read from REDIS_URL together",
      hint: `set REDIS_URL to ${scheme}://:PASSWORD@${host}`,
    });
    return secretOf("REDIS_URL", place);
  }
  const user = textOf(firstOf(members, "username"), surroundings)?.value ?? "";
  const credential =
    password === undefined
      ? ""
      : `${encodeURIComponent(user)}:${encodeURIComponent(password.value)}@`;
  const database = textOf(firstOf(members, key("db")), surroundings);
  const path = database === undefined ? "" : `/${database.value}`;
  return secretValue(`${scheme}://${credential}${host}${path}`, place);
}

function quiet(surroundings: Surroundings): Surroundings {
  return { ...surroundings, note: () => undefined };
}

function environmentPassword(surroundings: Surroundings): { readonly value: string } | undefined {
  const value = variableOf("REDIS_PASSWORD", surroundings);
  return value === undefined ? undefined : { value };
}

function hostOf({ members, key }: RedisSettings, surroundings: Surroundings): string | undefined {
  const host =
    textOf(firstOf(members, key("host")), surroundings)?.value ??
    variableOf("REDIS_HOST", surroundings);
  const port =
    textOf(firstOf(members, key("port")), surroundings)?.value ??
    variableOf("REDIS_PORT", surroundings);
  return host === undefined ? undefined : `${host}:${port ?? "6379"}`;
}
