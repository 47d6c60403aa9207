import { onTestFinished } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import type { RedisAddress } from "../../src/config/redis-address.ts";
import { Metrics } from "../../src/core/metrics/metrics.ts";
import type { Notice } from "../../src/core/notice.ts";
import {
  createRedisLink,
  type LinkClock,
  type RedisLink,
} from "../../src/state/redis/redis-link.ts";

/** A link with what the log says of it. */
export interface Linked {
  readonly link: RedisLink;
  readonly notices: Notice[];
  /** What it counts. */
  readonly metrics: Metrics;
}

/**
 * Makes a link by settings as the config has them under `state.redis`; closed with the test.
 * `clock`: default: that of the system.
 */
export function linked(settings: object, clock?: LinkClock): Linked {
  const notices: Notice[] = [];
  const metrics = new Metrics();
  const link = createRedisLink((notice) => void notices.push(notice), clock, metrics);
  onTestFinished(() => link.close());
  link.configure(addressOf(settings));
  return { link, notices, metrics };
}

/** What the config makes of `state.redis`. */
export function addressOf(redis: object): RedisAddress {
  const text = JSON.stringify({ providers: { sim: { kind: "sim" } }, state: { redis } });
  const loaded = loadConfig({ text, filename: "c.yaml" }, {}, () => "", {});
  const address = loaded.ok ? loaded.settings.redis : undefined;
  if (address === undefined) throw new Error(JSON.stringify(loaded));
  return address;
}
