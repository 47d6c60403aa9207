import { expect } from "vitest";
import { readLedger } from "../../../store/store-gateway.ts";
import type { MeteredVendor } from "./metered-vendor.ts";

/** Callers, each with one bound. */
export const callers = ["money", "rpm", "tpm", "slots"] as const;

type Caller = (typeof callers)[number];

/** The bounds of the callers: a dollar, and so many requests, tokens and calls at once. */
export const bounds = { money: 1_000_000_000n, rpm: 50, tpm: 5_000, slots: 7 };

/**
 * The config of a gateway before a vendor, with a caller for each bound, which says `each` too.
 */
export function proofConfig({ url }: MeteredVendor, more: object, each: object = {}): object {
  const { rpm, tpm, slots } = bounds;
  const key = (name: Caller, bound: object) => ({ name, value: { value: `sk-${name}` }, ...bound });
  return {
    providers: { far: { kind: "openai_compatible", base_url: url } },
    models: [
      {
        name: "m",
        targets: [
          { model: "far/m", facts: { prices: { tokens: { input: "100", output: "400" } } } },
        ],
      },
    ],
    keys: [
      key("money", { budget: { usd: "1", window: "TOTAL", ...each } }),
      key("rpm", { limits: { requests_per_minute: rpm, ...each } }),
      key("tpm", { limits: { tokens_per_minute: tpm, ...each } }),
      key("slots", { limits: { concurrent: slots, ...each } }),
    ],
    ...more,
  };
}

/** What became of calls. */
export interface Outcome {
  readonly statuses: readonly number[];
  /** What answers that came took, as the vendor counted it. */
  readonly tokens: number;
  readonly nanoUsd: bigint;
}

/** Sends so many calls at once over gateways in turn; those whose gateway ends have status 0. */
export async function storm(
  urls: readonly string[],
  caller: Caller,
  calls: number,
  onEnd?: () => void,
): Promise<Outcome> {
  const each = await Promise.all(
    Array.from({ length: calls }, async (_, at) => {
      const outcome = await callOnce(urls[at % urls.length] ?? "", caller);
      onEnd?.();
      return outcome;
    }),
  );
  return {
    statuses: each.map(({ status }) => status),
    tokens: each.reduce((sum, { prompt, completion }) => sum + prompt + completion, 0),
    nanoUsd: each.reduce((sum, { prompt, completion }) => sum + priceOf(prompt, completion), 0n),
  };
}

/** A million tokens in are 100 dollars, out 400. */
function priceOf(prompt: number, completion: number): bigint {
  return BigInt(prompt) * 100_000n + BigInt(completion) * 400_000n;
}

async function callOnce(url: string, caller: Caller, maxTokens = 5) {
  const reply = await post(url, caller, maxTokens).catch(() => undefined);
  if (reply === undefined) return { status: 0, prompt: 0, completion: 0 };
  const { usage } = reply.body;
  return {
    status: reply.status,
    prompt: usage?.prompt_tokens ?? 0,
    completion: usage?.completion_tokens ?? 0,
  };
}

interface Answered {
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number };
  readonly error?: { readonly message: string };
}

async function post(url: string, caller: Caller, maxTokens: number) {
  const reply = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer sk-${caller}` },
    body: JSON.stringify({
      model: "m",
      max_tokens: maxTokens,
      messages: [{ role: "user", content: "hi" }],
    }),
  });
  const body = (await reply.json()) as Answered; // as the edge prints it
  return { status: reply.status, body };
}

/** What a gateway says is spent or held of the dollar, in dollars: of a call that never fits. */
export async function spentAt(url: string): Promise<string> {
  const { body } = await post(url, "money", 10_000_000);
  return /and ([0-9.]+) USD are spent or held/.exec(body.error?.message ?? "")?.[1] ?? "";
}

/** Sends calls one by one until the dollar has no room for another. */
export async function spendAll(urls: readonly string[]): Promise<bigint> {
  let spent = 0n;
  for (let at = 0; ; at += 1) {
    const { statuses, nanoUsd } = await storm([urls[at % urls.length] ?? ""], "money", 1);
    if (statuses[0] !== 200) return spent;
    spent += nanoUsd;
  }
}

/** What ledgers say that a caller has spent. */
export async function sumOfLedgers(paths: readonly string[], caller: Caller): Promise<bigint> {
  let sum = 0n;
  for (const path of paths)
    for (const row of await readLedger({ kind: "sqlite", path }))
      if (row.key === caller && row.cost.kind === "priced") sum += row.cost.nanoUsd;
  return sum;
}

/**
 * Has a thousand calls at once of each caller of limits, and expects that each limit holds, and that
 * all of it may be used, unless `refuses` says that gateways refuse calls for another reason too.
 */
export async function proveLimits(
  urls: readonly string[],
  vendor: MeteredVendor,
  refuses: () => boolean = () => false,
): Promise<void> {
  const startedMs = performance.now();
  const passed = ({ statuses }: Outcome) => statuses.filter((status) => status === 200).length;
  const requests = await storm(urls, "rpm", 1_000);
  const { tokens } = await storm(urls, "tpm", 1_000);
  // On a machine that is that busy more minutes than one have room.
  const minutes = 1 + Math.floor((performance.now() - startedMs) / 60_000);
  expect(passed(requests)).toBeGreaterThanOrEqual(refuses() ? 0 : bounds.rpm);
  expect(passed(requests)).toBeLessThanOrEqual(bounds.rpm * minutes);
  expect(tokens).toBeGreaterThan(refuses() ? -1 : 0);
  expect(tokens).toBeLessThanOrEqual(bounds.tpm * minutes);
  const waiting = await holdCalls(vendor, urls, [["slots", 1_000]]);
  const held = vendor.waiting;
  expect(held).toBeGreaterThanOrEqual(refuses() ? 0 : bounds.slots);
  expect(held).toBeLessThanOrEqual(bounds.slots);
  vendor.release();
  expect((await waiting.outcomes).map(passed)).toEqual([held]);
  await expect
    .poll(async () => passed(await storm(urls, "slots", bounds.slots)), { timeout: 60_000 })
    .toBe(bounds.slots);
}

/** Sends calls to a vendor that answers none, until each is there or refused; gives the storms. */
export async function holdCalls(
  vendor: MeteredVendor,
  urls: readonly string[],
  storms: readonly (readonly [Caller, number])[],
): Promise<{ readonly outcomes: Promise<readonly Outcome[]> }> {
  vendor.hold();
  const before = vendor.waiting;
  let left = storms.reduce((sum, [, calls]) => sum + calls, 0);
  const onEnd = () => {
    left -= 1;
  };
  const outcomes = Promise.all(storms.map(([caller, calls]) => storm(urls, caller, calls, onEnd)));
  await expect.poll(() => left + before - vendor.waiting, { timeout: 60_000 }).toBe(0);
  return { outcomes };
}
