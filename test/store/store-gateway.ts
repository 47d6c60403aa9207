import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { LedgerRow } from "../../src/core/ledger/ledger-row.ts";
import type { Notice } from "../../src/core/notice.ts";
import { type RunningGateway, startGateway } from "../../src/serve.ts";
import { openEngine, type StoreAddress } from "../../src/store/engine/engine.ts";
import { pageCalls } from "../../src/store/ledger/query-calls.ts";

/** A folder that goes with the test. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "store-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The config of a gateway with the simulator, the key `dev` of the team `support`, and a store. */
export function storeConfig(store: object, more: object = {}): string {
  return JSON.stringify({
    server: { host: "127.0.0.1", port: 0 },
    providers: { sim: { kind: "sim" } },
    models: [{ name: "fast", targets: [{ model: "sim/echo" }] }],
    teams: [{ name: "support" }],
    keys: [
      {
        name: "dev",
        value: { value: "dev-key-0123456789" },
        team: "support",
        tags: ["web"],
        limits: { requests_per_minute: 100_000 },
      },
    ],
    store,
    ...more,
  });
}

/** A gateway with a store, and what its log says. */
export async function startStoring(
  store: object,
  more: object = {},
  nowMs?: number,
): Promise<{ readonly gateway: RunningGateway; readonly notices: Notice[] }> {
  const notices: Notice[] = [];
  const gateway = await startGateway({
    port: 0,
    config: storeConfig(store, more),
    world: {
      notice: (notice) => void notices.push(notice),
      ...(nowMs === undefined ? {} : { wallMs: () => nowMs }),
    },
  });
  onTestFinished(() => gateway.close());
  return { gateway, notices };
}

/** Sends a chat; gives its status. */
export async function chat(url: string, body: object = {}): Promise<number> {
  const reply = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer dev-key-0123456789" },
    body: JSON.stringify({
      model: "fast",
      user: "eve",
      messages: [{ role: "user", content: "hi" }],
      ...body,
    }),
  });
  await reply.text();
  return reply.status;
}

/** All calls of a ledger, read by a connection of its own. */
export async function readLedger(address: StoreAddress): Promise<readonly LedgerRow[]> {
  const engine = await openEngine(address, () => undefined);
  try {
    return (await pageCalls(engine, { limit: 10_000, oldestFirst: true })).calls;
  } finally {
    await engine.close();
  }
}
