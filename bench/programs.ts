import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { callerKey, modelName } from "./cases.ts";
import type { Program } from "./program-process.ts";
import type { UpstreamName } from "./upstream-names.ts";

type Origins = Readonly<Record<UpstreamName, string>>;

/** The bare proxy in front of the upstream. */
export function bareProxyProgram(origins: Origins): Program {
  const script = join(import.meta.dirname, "bare-proxy.ts");
  return { name: "bare", argv: (port) => [script, String(port), JSON.stringify(origins)] };
}

/** Parlance in front of the upstream, as an operator starts it: one key, every upstream a provider with one model. */
export function parlanceProgram(origins: Origins, workFolder: string): Program {
  const script = join(import.meta.dirname, "../src/main.ts");
  const file = join(workFolder, "parlance.json");
  writeFileSync(file, JSON.stringify(parlanceConfig(origins)));
  const host = "127.0.0.1";
  return {
    name: "parlance",
    argv: (port) => [script, "serve", "--config", file, "--host", host, "--port", String(port)],
  };
}

function parlanceConfig(origins: Origins): object {
  const entries = Object.entries(origins) as [UpstreamName, string][]; // the record's own keys
  const provider = (name: string, origin: string) => {
    const anthropic = name.startsWith("anthropic");
    return {
      kind: anthropic ? "anthropic" : "openai",
      base_url: anthropic ? origin : `${origin}/v1`,
      api_key: { value: "upstream" },
    };
  };
  return {
    providers: Object.fromEntries(entries.map(([name, origin]) => [name, provider(name, origin)])),
    models: entries.map(([name]) => ({ name: modelName(name), targets: [{ model: `${name}/tiny` }] })),
    keys: [{ name: "bench", value: { value: callerKey } }],
  };
}
