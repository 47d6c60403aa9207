import { type Client, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { onTestFinished } from "vitest";
import { KeyService } from "../../gen/parlance/admin/v1/key_service_pb.js";
import { presentKey } from "../../src/composition/own-key.ts";
import { startGateway } from "../../src/serve.ts";
import type { StoreAddress } from "../../src/store/engine/engine.ts";
import { temporaryJournal } from "../store/temporary-journal.ts";

/** The admin key of the config. */
export const rootKey = "root-key-0123456789";

/** Prices, without which no budget could bound a call. */
const facts = { prices: { tokens: { input: "1", output: "4" } } };

/** A gateway with a database, the key `dev` of the file and the team `support` of the file. */
export async function startTenantGateway(address: StoreAddress): Promise<{ readonly url: string }> {
  const store =
    address.kind === "postgres"
      ? { postgres: { url: { value: address.url } }, journal: { path: temporaryJournal() } }
      : { sqlite: address.kind === "sqlite" ? { path: address.path } : {} };
  const config = JSON.stringify({
    server: { host: "127.0.0.1", port: 0 },
    auth: { admin_key: { value: rootKey } },
    providers: { sim: { kind: "sim" } },
    models: [
      { name: "fast", targets: [{ model: "sim/echo", facts }] },
      { name: "slow", targets: [{ model: "sim/lorem-5", facts }] },
    ],
    teams: [{ name: "support" }],
    keys: [{ name: "dev", value: { value: "dev-key-0123456789" }, team: "support" }],
    store,
  });
  const gateway = await startGateway({ config });
  onTestFinished(() => gateway.close());
  return gateway;
}

/** A way to a gateway with a key. */
export function transportOf(url: string, key: string): Transport {
  const interceptors = [presentKey(() => key)];
  return createConnectTransport({ baseUrl: url, httpVersion: "1.1", interceptors });
}

/** The keys of a gateway, as its admin has them unless another key is named. */
export function keysOf(url: string, key = rootKey): Client<typeof KeyService> {
  return createClient(KeyService, transportOf(url, key));
}

/** Sends a chat with a key; gives the status. */
export async function chatStatus(url: string, key: string, model = "fast"): Promise<number> {
  const reply = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "hi" }] }),
  });
  await reply.text();
  return reply.status;
}
