import { onTestFinished } from "vitest";
import type { World } from "../../src/composition/world.ts";
import type { Notice } from "../../src/core/notice.ts";
import { type RunningGateway, startGateway } from "../../src/serve.ts";
import type { ScriptedVendor } from "../policies/routing/scripted-vendor.ts";

/** A gateway among several that share a Redis. */
export interface SharingGateway {
  readonly gateway: RunningGateway;
  readonly notices: Notice[];
  /** Sends a chat to the model `m`, with more members of the body; gives its status. */
  chat(members?: object): Promise<number>;
}

/** What gateways share, and where their calls go. */
export interface SharingOptions {
  /** As under `state.redis`. */
  readonly redis: object;
  readonly vendors: Readonly<Record<string, ScriptedVendor>>;
  /** Members of the model `m`. */
  readonly model?: object;
  /** Members of each provider. */
  readonly provider?: object;
  /** Members of the root of the config. */
  readonly root?: object;
  /** As one thread of several. */
  readonly state?: World["state"];
}

/** Starts a gateway with the time of the system, the model `m` at each vendor in turn. */
export async function startSharing(options: SharingOptions): Promise<SharingGateway> {
  const { redis, vendors, model = {}, provider = {}, root = {}, state } = options;
  const notices: Notice[] = [];
  const providers = Object.fromEntries(
    Object.entries(vendors).map(([name, { url }]) => [
      name,
      { kind: "openai_compatible", base_url: url, ...provider },
    ]),
  );
  const targets = Object.keys(vendors).map((name) => ({ model: `${name}/x` }));
  const models = [{ name: "m", strategy: "PRIORITY", targets, ...model }];
  const gateway = await startGateway({
    port: 0,
    config: JSON.stringify({ providers, models, state: { redis }, ...root }),
    world: { notice: (notice) => void notices.push(notice), ...(state && { state }) },
  });
  onTestFinished(() => gateway.close());
  return {
    gateway,
    notices,
    async chat(members = {}) {
      const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          model: "m",
          messages: [{ role: "user", content: "hi" }],
          ...members,
        }),
      });
      await reply.text();
      return reply.status;
    },
  };
}
