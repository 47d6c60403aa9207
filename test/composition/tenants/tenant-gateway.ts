import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { onTestFinished } from "vitest";
import { presentKey } from "../../../src/composition/own-key.ts";
import type { World } from "../../../src/composition/world.ts";
import { startGateway } from "../../../src/serve.ts";
import type { StoreAddress } from "../../../src/store/engine/engine.ts";
import { temporaryJournal } from "../../store/temporary-journal.ts";

/** The admin key of the config, and the key `dev` of it. */
export const adminKey = "admin-key-0123456789";
export const fileKey = "file-key-0123456789";

/** Prices, without which no budget could bound a call. */
const facts = 'facts: { prices: { tokens: { input: "1", output: "4" } } }';

/** A gateway with a store and the simulated provider, as its callers see it. */
export interface TenantGateway {
  readonly url: string;
  readonly client: <S extends DescService>(service: S, key?: string) => Client<S>;
  /** The status of a chat with a key, with the model `fast` unless another one is named. */
  readonly chat: (
    key: string,
    more?: { path?: string; model?: string; body?: object },
  ) => Promise<number>;
  /** The reply to such a chat, whose body was read. */
  readonly send: (
    key: string,
    more?: { path?: string; model?: string; body?: object },
  ) => Promise<Response>;
  readonly close: () => Promise<void>;
}

/**
 * Starts a gateway over a store, which ends with the test. `journal`: its folder, of PostgreSQL;
 * default: a new one. `budget`: the one of the config.
 */
export async function startTenantGateway(
  store: StoreAddress,
  world: Partial<World> = {},
  journal = temporaryJournal(),
  budget = '{ name: end-users, per: [END_USER], budget: { usd: "1", window: MONTH } }',
): Promise<TenantGateway> {
  const gateway = await startGateway({
    config: {
      filename: "gateway.yaml",
      text: `
server: { host: 127.0.0.1, port: 0 }
auth: { admin_key: { value: ${adminKey} } }
store: ${storeText(store, journal)}
providers: { sim: { kind: sim }, other: { kind: sim } }
models:
  - { name: fast, targets: [{ model: sim/echo, ${facts} }] }
  - { name: slow, targets: [{ model: sim/lorem-5, ${facts} }] }
  - { name: german, targets: [{ model: other/echo, labels: { region: eu }, ${facts} }] }
teams: [{ name: support }]
budgets: [${budget}]
keys: [{ name: dev, value: { value: ${fileKey} }, team: support }]
`,
    },
    world: { record: () => undefined, notice: () => undefined, ...world },
  });
  onTestFinished(() => gateway.close());
  const transport = (key: string) =>
    createConnectTransport({
      baseUrl: gateway.url,
      httpVersion: "1.1",
      interceptors: [presentKey(() => key)],
    });
  const send: TenantGateway["send"] = async (
    key,
    { path = "/v1/chat/completions", model = "fast", body = {} } = {},
  ) => {
    const response = await fetch(`${gateway.url}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ model, messages: [{ role: "user", content: "hi" }], ...body }),
    });
    await response.arrayBuffer();
    return response;
  };
  return {
    url: gateway.url,
    send,
    close: () => gateway.close(),
    client: (service, key = adminKey) => createClient(service, transport(key)),
    chat: async (key, more) => (await send(key, more)).status,
  };
}

function storeText(store: StoreAddress, journal: string): string {
  if (store.kind === "memory") return "{ memory: {} }";
  if (store.kind === "postgres")
    return `{ postgres: { url: { value: "${store.url}" } }, journal: { path: "${journal}" } }`;
  return `{ sqlite: { path: "${store.path}" } }`;
}
