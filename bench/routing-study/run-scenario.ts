import { create } from "@bufbuild/protobuf";
import { ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import { Role } from "../../gen/parlance/chat/v1/message_pb.js";
import { createSystemWorld } from "../../src/composition/system-world.ts";
import { type Loaded, loadConfig } from "../../src/config/loading/load-config.ts";
import type { LocalOutlet } from "../../src/core/call.ts";
import { GatewayError } from "../../src/core/faults/gateway-error.ts";
import { chat } from "../../src/core/operation.ts";
import { createEngine, type Gateway } from "../../src/gateway.ts";
import type { Approach } from "./approaches.ts";
import { createDraw } from "./draws.ts";
import type { Scenario } from "./scenarios.ts";
import { createVendor, inputTokens, type SimulatedVendor } from "./simulated-vendor.ts";
import { createVirtualClock, type VirtualClock } from "./virtual-clock.ts";

/** What became of one call. */
export interface Outcome {
  /** When it began, in milliseconds from the start. */
  readonly beganMs: number;
  /** Milliseconds to its first token; Infinity where it failed. */
  readonly firstTokenMs: number;
}

/** What became of all calls of a scenario. */
export interface Run {
  /** In the order in which they began. */
  readonly outcomes: readonly Outcome[];
  /** How often vendors were called. */
  readonly vendorCalls: number;
  readonly costUsd: number;
}

/**
 * Runs a scenario through a whole gateway but for its edge, with the settings of an approach. The
 * same arguments give the same outcomes.
 */
export async function runScenario(
  scenario: Scenario,
  approach: Approach,
  seed: number,
): Promise<Run> {
  const clock = createVirtualClock();
  const vendors = new Map(
    scenario.vendors.map((one, place) => [one.name, createVendor(one, place, seed)]),
  );
  const engine = await startEngine(load(scenario, approach), { clock, vendors, seed });
  const outcomes: Outcome[] = [];
  for (const [at, ms] of scenario.arrivals(seed).entries()) {
    const session = String(at % sessions);
    clock.schedule(() => void play(engine, clock, session).then((one) => outcomes.push(one)), ms);
  }
  await clock.run();
  await engine.close();
  const ledgers = Array.from(vendors.values(), ({ ledger }) => ledger);
  return {
    outcomes: outcomes.sort((one, other) => one.beganMs - other.beganMs),
    vendorCalls: ledgers.reduce((sum, { calls }) => sum + calls, 0),
    costUsd: ledgers.reduce((sum, { costUsd }) => sum + costUsd, 0),
  };
}

/** The config of a gateway before the vendors of a scenario. */
export function configOf(
  { vendors, firstToken }: Scenario,
  { settings, target = "" }: Approach,
): string {
  const providers = vendors.map(
    ({ name }) => `  ${name}: { kind: openai_compatible, base_url: "http://127.0.0.1:9/v1" }`,
  );
  const targets = vendors.map(({ name, price: { input, output } }) => {
    const prices = `prices: { tokens: { input: "${input}", output: "${output}" } }`;
    const more = target === "" ? "" : `, ${target}`;
    return `      - { model: ${name}/m, facts: { ${prices} }${more} }`;
  });
  return [
    "providers:",
    ...providers,
    "models:",
    "  - name: m",
    "    timeout: 30s",
    `    timeouts: { first_token: ${firstToken} }`,
    ...settings.split("\n").map((line) => `    ${line}`),
    "    targets:",
    ...targets,
    "",
  ].join("\n");
}

function load(scenario: Scenario, approach: Approach): Loaded {
  const text = configOf(scenario, approach);
  const loaded = loadConfig({ text, filename: "study.yaml" }, {}, () => "");
  if (!loaded.ok) throw new Error(`${JSON.stringify(loaded.violations)} in\n${text}`);
  return loaded;
}

/** What the gateway of a run is made with. */
interface StudyWorld {
  readonly clock: VirtualClock;
  readonly vendors: ReadonlyMap<string, SimulatedVendor>;
  readonly seed: number;
}

function noLoad(): Promise<never> {
  return Promise.reject(new Error("no config is loaded"));
}

function startEngine(loaded: Loaded, { clock, vendors, seed }: StudyWorld): Promise<Gateway> {
  let calls = 0;
  const world = createSystemWorld(
    { loadConfig: noLoad, loadStored: noLoad, loadApplied: noLoad },
    {
      nowMs: clock.nowMs,
      wallMs: () => startMs + clock.nowMs(),
      schedule: clock.schedule,
      random: createDraw(seed, 3),
      newId: () => String(calls++),
      onBug: (error) => {
        throw error;
      },
      readFacts: () => Promise.resolve(noFacts),
      outlet: (provider) => outletOf(provider, vendors.get(provider)),
    },
  );
  return createEngine({ settings: loaded.settings, warnings: [], file: "" }, world);
}

/** The time of day at which every run begins, in milliseconds since 1970. */
const startMs = 1_700_000_000_000;

/** The built-in facts know nothing: what the study says of its vendors is in its config. */
const noFacts = "{}";

function outletOf(provider: string, vendor: SimulatedVendor | undefined): LocalOutlet | undefined {
  return vendor === undefined ? undefined : { kind: "local", provider, handler: vendor.handler };
}

/** A prompt of as many tokens as vendors bill. */
const prompt = "word ".repeat(inputTokens);
const message = create(ChatSchema, {
  model: "m",
  messages: [{ role: Role.USER, parts: [{ content: { case: "text", value: { text: prompt } } }] }],
});

/** The conversations that calls belong to, in turn. */
const sessions = 60;

/** Makes a call and reads its answer to the end. */
async function play(engine: Gateway, clock: VirtualClock, session: string): Promise<Outcome> {
  const beganMs = clock.nowMs();
  const call = engine.begin({
    model: "m",
    request: { operation: chat, stream: true, message: () => message },
    header: (name) => (name === "x-parlance-session" ? session : undefined),
  });
  try {
    const { body } = await engine.handle(call);
    const firstTokenMs = clock.nowMs() - beganMs;
    if (body.kind === "stream") for await (const _ of body.pieces);
    return { beganMs, firstTokenMs };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { beganMs, firstTokenMs: Number.POSITIVE_INFINITY };
  }
}
