import type { CallRecord } from "../../src/policies/trace.ts";
import { startGateway } from "../../src/serve.ts";
import { startAnthropicVendor } from "../vendors/anthropic/start-anthropic-vendor.ts";
import { startOpenAiVendor } from "../vendors/openai/start-openai-vendor.ts";
import type { Vendor } from "../vendors/start-vendor-server.ts";
import { type Relay, startRelay } from "./start-relay.ts";

/** Whose API the gateway calls. */
export type UpstreamName = "openai" | "anthropic";

/** The vendors, in the order of the matrix. */
export const upstreamNames = ["openai", "anthropic"] as const satisfies readonly UpstreamName[];

/** The key that callers show the gateway; no vendor may ever see it. */
export const gatewayKey = "matrix-caller-key-0123456789";

/** The key that the gateway shows each vendor. */
export const upstreamKeys = {
  openai: "sk-matrix-openai-9876543210",
  anthropic: "sk-ant-matrix-9876543210",
} as const satisfies Record<UpstreamName, string>;

/** A simulated vendor, directly and behind a network that fails. */
export interface Upstream {
  readonly vendor: Vendor;
  readonly relay: Relay;
}

/** A running gateway with both vendors behind it. */
export interface Matrix {
  readonly url: string;
  readonly upstreams: Readonly<Record<UpstreamName, Upstream>>;
  /** Calls that are over, as the gateway recorded them. */
  readonly records: readonly CallRecord[];
  /** What the gateway itself calls a bug; empty in a healthy run. */
  readonly bugs: readonly unknown[];
  close(): Promise<void>;
}

/** Starts vendors, failing networks and a gateway on free ports. Providers are `openai`, `openai_cut`, `openai_short`, `openai_hang` and
 * `openai_silent`, and the same of `anthropic`. */
export async function startMatrix(): Promise<Matrix> {
  const upstreams = {
    openai: await startUpstream(startOpenAiVendor, "openai"),
    anthropic: await startUpstream(startAnthropicVendor, "anthropic"),
  };
  const records: CallRecord[] = [];
  const bugs: unknown[] = [];
  const gateway = await startGateway({
    config: configText(upstreams),
    world: { record: (record) => void records.push(record), onBug: (error) => void bugs.push(error) },
  });
  return {
    url: gateway.url,
    upstreams,
    records,
    bugs,
    close: async () => {
      await gateway.close();
      for (const name of upstreamNames) {
        await upstreams[name].relay.close();
        await upstreams[name].vendor.close();
      }
    },
  };
}

async function startUpstream(
  start: (options: { readonly apiKey: string }) => Promise<Vendor>,
  name: UpstreamName,
): Promise<Upstream> {
  const vendor = await start({ apiKey: upstreamKeys[name] });
  return { vendor, relay: await startRelay(vendor.url) };
}

function configText(upstreams: Matrix["upstreams"]): string {
  const provider = (name: UpstreamName, suffix: string, url: string): string => {
    const base = name === "openai" ? `${url}/v1` : url;
    return `  ${name}${suffix}: { kind: ${name}, base_url: "${base}", api_key: { value: ${upstreamKeys[name]} } }\n`;
  };
  const providers = upstreamNames.map((name) => {
    const { vendor, relay } = upstreams[name];
    return [
      provider(name, "", vendor.url),
      provider(name, "_cut", relay.url("cut")),
      provider(name, "_short", relay.url("short")),
      provider(name, "_hang", relay.url("hang")),
      provider(name, "_silent", relay.url("hang-before")),
    ].join("");
  });
  return `
server: { host: 127.0.0.1, port: 0 }
keys: [{ name: matrix, value: { value: ${gatewayKey} } }]
providers:
${providers.join("")}`;
}
