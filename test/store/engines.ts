import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Engine, openEngine, type StoreAddress } from "../../src/store/engine/engine.ts";
import type { PostgresServer } from "./postgres-server.ts";

/** Each kind of store, for suites that hold for all. */
export const storeKinds = ["sqlite", "postgres", "memory"] as const;

/** The address of an empty store of a kind, which goes with the test. */
export async function emptyStore(
  kind: StoreAddress["kind"],
  postgres: PostgresServer,
): Promise<StoreAddress> {
  if (kind === "memory") return { kind };
  if (kind === "postgres") return { kind, url: await postgres.createDatabase() };
  const folder = mkdtempSync(join(tmpdir(), "store-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return { kind, path: join(folder, "deep", "parlance.db") };
}

/** Opens an engine that is closed with the test. */
export async function openForTest(address: StoreAddress): Promise<Engine> {
  const engine = await openEngine(address, () => undefined);
  onTestFinished(() => engine.close());
  return engine;
}
