import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { callerKey, modelName } from "./cases.ts";
import type { Program } from "./program-process.ts";
import { type DialectName, dialectNames, type UpstreamName } from "./upstream-names.ts";

/** The key that administers `tenancyProgram`. */
export const adminKey = "bench-admin-0123456789abcdef0123456789";
/** The team that `tenancyProgram` has. */
export const benchTeam = "bench";

type Origins = Readonly<Record<UpstreamName, string>>;

/** The bare proxy in front of the upstream. */
export function bareProxyProgram(origins: Origins): Program {
  const script = join(import.meta.dirname, "bare-proxy.ts");
  return { name: "bare", argv: (port) => [script, String(port), JSON.stringify(origins)] };
}

/** Makes Parlance with a number of threads that serve, default 1. */
export type ParlanceProgram = (workers?: number) => Program;

/**
 * Parlance in front of the upstream, as an operator starts it: one key, every upstream a provider
 * with one model. `script` is the main module, as written or as built.
 */
export function parlanceProgram(
  origins: Origins,
  workFolder: string,
  script: string,
): ParlanceProgram {
  return (workers = 1) => withWorkers(origins, workFolder, { script, workers });
}

function withWorkers(
  origins: Origins,
  workFolder: string,
  { script, workers }: { readonly script: string; readonly workers: number },
): Program {
  const file = join(workFolder, `parlance-${workers}.json`);
  writeFileSync(file, JSON.stringify({ ...parlanceConfig(origins), server: { workers } }));
  const host = "127.0.0.1";
  return {
    name: workers === 1 ? "parlance" : `parlance-${workers}`,
    argv: (port) => [script, "serve", "--config", file, "--host", host, "--port", String(port)],
  };
}

/**
 * Parlance with every policy on for the model of `openai-1k`, and three rules, none of which changes
 * a call: what is left is what they cost.
 */
export function policiesProgram(origins: Origins, workFolder: string, script: string): Program {
  const changed = withModel(origins, everyPolicy);
  return programOf("policies", { ...changed, rules: threeRules }, { workFolder, script });
}

/** Parlance that counts no metrics. */
export function uncountedProgram(origins: Origins, workFolder: string, script: string): Program {
  const observe = { metrics: { disabled: true } };
  return observedProgram(origins, { name: "uncounted", observe }, { workFolder, script });
}

/** Parlance with settings of its own for `observe`. */
export function observedProgram(
  origins: Origins,
  { name, observe }: { readonly name: string; readonly observe: object },
  place: { readonly workFolder: string; readonly script: string },
): Program {
  return programOf(name, { ...parlanceConfig(origins), observe }, place);
}

/** Parlance whose model of `openai-1k` stores its answers. */
export function cachingProgram(origins: Origins, workFolder: string, script: string): Program {
  const changed = withModel(origins, { cache: { ttl: "3600s" } });
  return programOf("caching", changed, { workFolder, script });
}

/** Parlance with a guard that masks in answers, which streams are held for. */
export function guardedProgram(origins: Origins, workFolder: string, script: string): Program {
  const pii = { kinds: ["EMAIL", "CARD", "IBAN"] };
  const guard = { name: "pii", pii, stages: ["OUTPUT"], action: "MASK", default: true };
  const config = { ...parlanceConfig(origins), guards: [guard] };
  return programOf("guarded", config, { workFolder, script });
}

/**
 * Parlance with a database of its own and prices for the model of `openai-1k`, whose calls its team
 * has a budget for. Keys are made by `adminKey`.
 */
export function tenancyProgram(origins: Origins, workFolder: string, script: string): Program {
  const prices = { tokens: { input: "0.05", output: "0.4" } };
  const config = {
    ...parlanceConfig(origins),
    store: { sqlite: { path: join(workFolder, "parlance.db") } },
    auth: { admin_key: { value: adminKey } },
    prices: [{ target: "openai-1k/*", prices }],
    teams: [{ name: benchTeam, budget: { usd: "1000000", window: "MONTH" } }],
  };
  return programOf("tenancy", config, { workFolder, script });
}

/** The config in which the model of `openai-1k` has other settings. */
function withModel(origins: Origins, settings: object) {
  const config = parlanceConfig(origins);
  const models = config.models.map((model) =>
    model.name === modelName("openai-1k") ? { ...model, ...settings } : model,
  );
  return { ...config, models };
}

function programOf(
  name: string,
  config: object,
  { workFolder, script }: { readonly workFolder: string; readonly script: string },
): Program {
  const file = join(workFolder, `parlance-${name}.json`);
  writeFileSync(file, JSON.stringify(config));
  const host = "127.0.0.1";
  return {
    name,
    argv: (port) => [script, "serve", "--config", file, "--host", host, "--port", String(port)],
  };
}

const limits = {
  max_in_flight: 10_000,
  requests_per_minute: 10_000_000,
  tokens_per_minute: 1_000_000_000,
};
const everyPolicy = {
  strategy: "LOWEST_LATENCY",
  targets: [
    { model: "openai-1k/tiny", ...limits },
    { model: "openai-1k/tiny-2", ...limits },
  ],
  retry: { attempts: 3 },
  breaker: { open_for: "5s" },
  hedge: { after: "60s" },
  cache: { ttl: "3600s", opt_in: true },
  queue: { max_waiting: 100 },
  experiment: {
    arms: [
      { name: "control", percent: 90 },
      { name: "candidate", percent: 10 },
    ],
  },
} as const;
const threeRules = [
  { name: "files", when: "call.has_files", refuse: "files are not taken" },
  {
    name: "long",
    when: "call.input_tokens > 100000 && !call.tools",
    route: modelName("openai-100k"),
  },
  { name: "team", when: 'call.team == "nobody"', exclude: ["openai-1k/tiny"] },
] as const;

function parlanceConfig(origins: Origins) {
  const entries = Object.entries(origins) as [UpstreamName, string][]; // the record's own keys
  const provider = (name: UpstreamName, origin: string) => {
    const { kind, path } =
      kinds[dialectNames.find((dialect) => name.startsWith(dialect)) ?? "openai"];
    return { kind, base_url: origin + path, api_key: { value: "upstream" } };
  };
  return {
    providers: Object.fromEntries(entries.map(([name, origin]) => [name, provider(name, origin)])),
    models: entries.map(([name]) => ({
      name: modelName(name),
      targets: [{ model: `${name}/tiny` }],
    })),
    keys: [{ name: "bench", value: { value: callerKey } }],
  };
}

const kinds: Readonly<Record<DialectName, { readonly kind: string; readonly path: string }>> = {
  openai: { kind: "openai", path: "/v1" },
  anthropic: { kind: "anthropic", path: "" },
  responses: { kind: "openai_responses_compatible", path: "/v1" },
  gemini: { kind: "gemini", path: "" },
  bedrock: { kind: "bedrock", path: "" },
  cohere: { kind: "cohere", path: "" },
  ollama: { kind: "ollama", path: "" },
  tgi: { kind: "huggingface_tgi", path: "" },
};
