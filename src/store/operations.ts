import { finishJob } from "./agreements/job-lock.ts";
import { takePeriodJob } from "./agreements/period-job.ts";
import { appendAudit } from "./audit/audit.ts";
import { keepDataKey, pageKeysToRewrap, rewrapDataKey } from "./content/content-keys.ts";
import { runContentRetention } from "./content/content-retention.ts";
import { erasePersonContent } from "./content/erase-content.ts";
import { pageContent } from "./content/read-content.ts";
import { directoryOperations } from "./directory/directory-operations.ts";
import type { Engine } from "./engine/engine.ts";
import { readStoreStatus } from "./engine/store-status.ts";
import { erasureOperations } from "./erasure/erasure-operations.ts";
import { aggregateUsage } from "./ledger/aggregate-usage.ts";
import { pageCalls } from "./ledger/query-calls.ts";
import { readRevisions, repriceCalls } from "./ledger/reprice-calls.ts";
import { sumSentUsage } from "./ledger/sent-usage.ts";
import { spendCells } from "./ledger/spend-cells.ts";
import { applyConfig, pageVersions, readVersion } from "./objects/config-versions.ts";
import { readStoredConfig } from "./objects/read-objects.ts";
import { writeConfigObject } from "./objects/write-objects.ts";
import { questionOperations } from "./questions/question-operations.ts";

/**
 * What may be requested of a store, by name. Each takes the engine and one argument, and resolves
 * with a value; argument and value are plain data, since they go from thread to thread.
 */
export const storeOperations = {
  "audit.append": appendAudit,
  ...directoryOperations,
  "calls.page": pageCalls,
  "calls.reprice": repriceCalls,
  "calls.revisions": readRevisions,
  "config.apply": applyConfig,
  "config.read": readStoredConfig,
  "config.version": readVersion,
  "config.versions": pageVersions,
  "config.write": writeConfigObject,
  "content.erase": erasePersonContent,
  "content.expire": runContentRetention,
  "content.key": keepDataKey,
  "content.keys": pageKeysToRewrap,
  "content.page": pageContent,
  "content.rewrap": rewrapDataKey,
  ...erasureOperations,
  "job.finish": finishJob,
  "job.take": takePeriodJob,
  ...questionOperations,
  // For who has heard of a change elsewhere.
  "store.changed": async (_: Engine, __: object): Promise<void> => undefined,
  "store.status": readStoreStatus,
  "usage.aggregate": aggregateUsage,
  "usage.sent": sumSentUsage,
  "usage.cells": spendCells,
  // The same sums, for budgets: of tables of sums alone, so that they are quick.
  "usage.spent": aggregateUsage,
} as const;

/** The operations after which gateways look what has changed. */
export const changingOperations: ReadonlySet<string> = new Set<keyof typeof storeOperations>([
  "config.apply",
  "config.write",
  "directory.write",
  "erasure.step",
  "store.changed",
]);

type Operations = typeof storeOperations;

/** The name of an operation. */
export type StoreOperation = keyof Operations;
/** What an operation takes. */
export type StoreArgument<Name extends StoreOperation> = Parameters<Operations[Name]>[1];
/** What it resolves with. */
export type StoreResult<Name extends StoreOperation> = Awaited<ReturnType<Operations[Name]>>;

/** Runs one; which operation and argument belong together was checked where it was requested. */
export function runOperation(
  engine: Engine,
  name: StoreOperation,
  argument: unknown,
): Promise<unknown> {
  const run: (engine: Engine, argument: never) => Promise<unknown> = storeOperations[name];
  return run(engine, argument as StoreArgument<typeof name> as never);
}
