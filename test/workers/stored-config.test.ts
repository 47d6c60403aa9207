import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { ModelService } from "../../gen/parlance/admin/v1/model_service_pb.js";
import { adminKey, clientOf, configText } from "../composition/stored/stored-gateway.ts";
import { startVault, versioned } from "../secrets/vault-server.ts";
import { connectToEach, startWorkers, untilEnd } from "./start-workers.ts";

/** The statuses of chats over many connections, so that all workers have some. */
async function statuses(
  url: string,
  model: string,
  key: string = adminKey,
): Promise<ReadonlySet<number>> {
  const headers = { authorization: `Bearer ${key}` };
  const replies = Array.from({ length: 24 }, () =>
    fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json", connection: "close" },
      body: JSON.stringify({ model, messages: [{ role: "user", content: "hi" }] }),
    }),
  );
  const found = new Set<number>();
  for (const reply of await Promise.all(replies)) {
    await reply.arrayBuffer();
    found.add(reply.status);
  }
  return found;
}

describe("workers with a store", { timeout: 120_000 }, () => {
  it("all serve a model once it is made and a key as it changes, also those that start later, and over reloads", async () => {
    const folder = mkdtempSync(join(tmpdir(), "store-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, "parlance.db");
    const config = (more: object) =>
      configText({
        address: { kind: "sqlite", path },
        more: {
          server: { workers: 2, drain_delay: "0s" },
          keys: [{ name: "kept", value: { vault: { path: "kept" } } }],
          secret_managers: { refresh: "1s" },
          ...more,
        },
      });
    const vault = await startVault();
    vault.secrets.set("secret/data/kept", versioned({ value: "first-key-0123456789" }));
    const env = { VAULT_ADDR: vault.origin, VAULT_TOKEN: "root" };
    const gateway = await startWorkers(config({}), { env });
    await connectToEach(gateway, 2);
    const models = clientOf(gateway.url, ModelService);
    await models.createModel({ model: { name: "smart", targets: [{ model: "sim/echo" }] } });
    expect(await statuses(gateway.url, "smart")).toEqual(new Set([200]));
    gateway.happen({ kind: "throw", worker: 0 });
    await gateway.said(/worker 0 has ended/);
    await connectToEach(gateway, 2);
    expect(await statuses(gateway.url, "smart")).toEqual(new Set([200]));
    gateway.reload(config({ aliases: [{ name: "quick", model: "fast" }] }));
    await gateway.said(/is in force, hash/);
    expect(await statuses(gateway.url, "quick")).toEqual(new Set([200]));
    expect(await statuses(gateway.url, "smart")).toEqual(new Set([200]));
    await models.deleteModel({ name: "smart" });
    await vi.waitUntil(async () => (await statuses(gateway.url, "smart")).size === 1, untilEnd);
    expect(await statuses(gateway.url, "smart")).toEqual(new Set([404]));
    expect(await statuses(gateway.url, "fast", "first-key-0123456789")).toEqual(new Set([200]));
    vault.secrets.set("secret/data/kept", versioned({ value: "next-key-0123456789" }));
    await gateway.said(/secrets_changed/);
    expect(await statuses(gateway.url, "fast", "first-key-0123456789")).toEqual(new Set([401]));
    expect(await statuses(gateway.url, "fast", "next-key-0123456789")).toEqual(new Set([200]));
  });
});
