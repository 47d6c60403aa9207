import { onTestFinished } from "vitest";
import type { World } from "../../../src/composition/world.ts";
import { appendAll } from "../../../src/core/append-all.ts";
import type { AttemptRecord } from "../../../src/core/attempt-record.ts";
import { type RunningGateway, startGateway } from "../../../src/serve.ts";
import { createFakeClock, type FakeClock } from "../../fake-clock.ts";
import { type Act, type ScriptedVendor, startScriptedVendor } from "./scripted-vendor.ts";

/** A gateway before three vendors, with a clock that stands and draws that are always 0. */
export interface Setup {
  readonly gateway: RunningGateway;
  readonly clock: FakeClock;
  readonly vendors: Readonly<Record<string, ScriptedVendor>>;
  /** The vendors that were called, in order, by their first letters. */
  readonly tried: () => string;
  /** How each try ended, such as `a left`. */
  readonly ends: () => readonly string[];
}

/** What is added to the config of a gateway. */
export interface MoreConfig {
  /** At its end. */
  readonly more?: string;
  /** To its providers. */
  readonly provider?: string;
  /** To its world. */
  readonly world?: Partial<World>;
  /** Whether the simulated provider is there too. */
  readonly sim?: boolean;
}

/** Starts one. All of it is closed with the test. */
export async function setUp(
  models: string,
  scripts: Readonly<Record<string, Act[]>>,
  { more = "", provider = "", world = {}, sim = false }: MoreConfig = {},
) {
  const vendors: Record<string, ScriptedVendor> = {};
  for (const name of ["a", "b", "c"]) vendors[name] = await startScriptedVendor(scripts[name]);
  const providers = Object.entries(vendors).map(
    ([name, { url }]) => `  ${name}: { kind: openai_compatible, base_url: "${url}"${provider} }`,
  );
  if (sim) providers.push("  sim: { kind: sim }");
  const clock = createFakeClock();
  const log: AttemptRecord[] = [];
  const gateway = await startGateway({
    port: 0,
    config: `providers:\n${providers.join("\n")}\nmodels:\n${models}\n${more}\n`,
    world: {
      random: () => 0,
      nowMs: clock.nowMs,
      schedule: clock.schedule,
      wallMs: () => 1_700_000_000_000 + clock.nowMs(),
      record: ({ attempts }) => appendAll(log, attempts),
      ...world,
    },
  });
  onTestFinished(() => gateway.close());
  const setup: Setup = {
    gateway,
    clock,
    vendors,
    tried: () => log.map(({ target }) => target.provider).join(""),
    ends: () => log.map(({ target, end }) => `${target.provider} ${end?.kind}`),
  };
  return setup;
}

/** What differs of a call from a unary one to the model m. */
export interface Sent {
  readonly model?: string;
  readonly stream?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly signal?: AbortSignal;
}

/** Sends a chat; resolves with the head of its reply. */
export function send(
  { gateway }: Setup,
  { model = "m", stream = false, headers = {}, body = {}, signal }: Sent = {},
): Promise<Response> {
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ model, stream, messages: [{ role: "user", content: "hi" }], ...body }),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** The status of a reply that has been read whole. */
export async function statusOf(reply: Promise<Response>): Promise<number> {
  const response = await reply;
  await response.text();
  return response.status;
}
