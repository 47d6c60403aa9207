import { firstTokenRequest } from "./cases.ts";
import type { Pair } from "./compare.ts";
import type { Lane, PreparedRequest } from "./lane.ts";
import { openLanes } from "./open-lanes.ts";
import { percentile } from "./statistics.ts";

/**
 * Time that a program in between adds until the first text of a streamed answer is there, at one
 * connection.
 */
export interface AddedTime {
  readonly title: string;
  readonly bare: { readonly p50Ms: number; readonly p99Ms: number };
  readonly parlance: { readonly p50Ms: number; readonly p99Ms: number };
}

/** Most that Parlance may add, by DESIGN's budget: p99 at one connection. */
export const addedTimeBudgetMs = 1;

const routes = [
  ["openai", "openai"],
  ["openai", "anthropic"],
  ["anthropic", "openai"],
] as const;

/**
 * Asks the upstream directly, through the bare proxy and through Parlance, one after the other,
 * `samples` times. What is added is the difference to the direct call just before, so it holds the
 * noise of two calls; its p99 is an upper bound.
 */
export async function measureAddedTime(
  pair: Pair,
  origins: Readonly<Record<`${"openai" | "anthropic"}-first`, string>>,
  samples: number,
): Promise<readonly AddedTime[]> {
  const results: AddedTime[] = [];
  for (const [client, vendor] of routes) {
    const requests = firstTokenRequest(client, vendor);
    const direct = await openOne(new URL(origins[`${vendor}-first`]), requests.bare);
    const bare = await openOne(pair.bare.origin, requests.bare);
    const parlance = await openOne(
      pair.parlance.origin,
      pair.selfCheck ? requests.bare : requests.parlance,
    );
    const added = await sample(direct, [bare, parlance], samples);
    for (const lane of [direct, bare, parlance]) lane.close();
    results.push({
      title: `${client} to ${vendor}`,
      bare: quantiles(added[0]),
      parlance: quantiles(added[1]),
    });
  }
  return results;
}

async function sample(
  direct: Lane,
  lanes: readonly Lane[],
  samples: number,
): Promise<readonly number[][]> {
  const warmUp = Math.ceil(samples / 4);
  const added: number[][] = lanes.map(() => []);
  for (let round = -warmUp; round < samples; round += 1) {
    const directMs = await firstTokenMs(direct);
    for (const [index, lane] of lanes.entries()) {
      const throughMs = await firstTokenMs(lane);
      if (round >= 0) added[index]?.push(throughMs - directMs);
    }
  }
  return added;
}

async function openOne(origin: URL, request: PreparedRequest): Promise<Lane> {
  const [lane] = await openLanes(origin, request, 1, { watchFirstToken: true });
  if (lane === undefined) throw new Error("no lane was opened");
  return lane;
}

async function firstTokenMs(lane: Lane): Promise<number> {
  const { ok, firstTokenMs: timeMs } = await lane.exchange();
  if (!ok || Number.isNaN(timeMs)) throw new Error("a stream came without text");
  return timeMs;
}

function quantiles(values: readonly number[] = []): { p50Ms: number; p99Ms: number } {
  return { p50Ms: percentile(values, 0.5), p99Ms: percentile(values, 0.99) };
}
