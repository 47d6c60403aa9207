import type { ClientBase } from "pg";
import { roundUsd } from "../../../core/facts/round-usd.ts";
import type { LedgerRow } from "../../../core/ledger/ledger-row.ts";
import { spanOf } from "../../../policies/budgets/budget-span.ts";
import { createCheck } from "../../../policies/validate.ts";
import type { DirectoryRow } from "../../../store/directory/directory-row.ts";
import type { Engine } from "../../../store/engine/engine.ts";
import { aggregateUsage } from "../../../store/ledger/aggregate-usage.ts";
import { addOpeningBalances, type OpeningBalance } from "../../../store/ledger/opening-balances.ts";
import { writeCalls } from "../../../store/ledger/write-calls.ts";
import { createLazyValidator } from "../../../validation/validator.ts";
import { messageOf } from "../../tenants/object-messages.ts";
import { ImportNotes } from "./import-notes.ts";
import { type ImportedTenant, importTenants } from "./import-tenants.ts";
import { LitellmSource } from "./litellm-rows.ts";
import { ObjectWriter } from "./object-writer.ts";
import { ledgerRowOfLog } from "./spend-log-row.ts";

/** What an import is made of. */
export interface LitellmImport {
  /** A connection to LiteLLM's database, within a transaction that changes nothing. */
  readonly client: ClientBase;
  /** The store that it goes to, with the newest schema. Absent: nothing is written. */
  readonly engine: Engine | undefined;
  /** Whether the rows of spend logs are imported too. */
  readonly withSpendLogs: boolean;
  readonly nowMs: number;
}

/** Says that a database has no tables of LiteLLM. */
export class NotLitellmError extends Error {
  constructor() {
    super("the database has no tables of LiteLLM: there is no LiteLLM_VerificationToken");
    this.name = "NotLitellmError";
  }
}

const logBatch = 500;

/**
 * Imports what LiteLLM's database has. What is in the store already stays as it is, so that an
 * import may be run again: after a break, or for what LiteLLM has got since.
 */
export async function importLitellm(options: LitellmImport): Promise<ImportNotes> {
  const { client, engine, withSpendLogs, nowMs } = options;
  const source = new LitellmSource(client);
  if (!(await source.isLitellm())) throw new NotLitellmError();
  const notes = new ImportNotes();
  const writer = new ObjectWriter({ engine, notes, nowMs });
  const check = createCheck(createLazyValidator());
  const spenders: ImportedTenant[] = [];
  await importTenants({ source, writer, notes, check, nowMs }, (tenant) => {
    if (roundUsd(tenant.spend) !== 0n) spenders.push(tenant);
  });
  if (withSpendLogs) await importLogs(source, engine, notes);
  await importBalances(spenders, options, notes);
  return notes;
}

async function importLogs(
  source: LitellmSource,
  engine: Engine | undefined,
  notes: ImportNotes,
): Promise<void> {
  let batch: LedgerRow[] = [];
  const write = async (): Promise<void> => {
    const fresh = engine === undefined ? batch.length : await writeCalls(engine, batch);
    notes.count("spend log", "imported", fresh);
    notes.count("spend log", "known", batch.length - fresh);
    batch = [];
  };
  for await (const row of source.rows({ name: "LiteLLM_SpendLogs", key: ["request_id"] })) {
    batch.push(ledgerRowOfLog(row));
    if (batch.length >= logBatch) await write();
  }
  if (batch.length > 0) await write();
}

/** What was spent by LiteLLM's count, less what is in the ledger of the same time. */
async function importBalances(
  spenders: readonly ImportedTenant[],
  { engine, nowMs }: LitellmImport,
  notes: ImportNotes,
): Promise<void> {
  const balances: OpeningBalance[] = [];
  for (const { row, spend } of spenders) {
    const { kind, id } = row;
    const total = roundUsd(spend);
    if (!isTenant(kind)) continue;
    if (total === undefined) {
      notes.add({ kind, member: "spend", outcome: "lost", message: "is no amount" }, id);
      continue;
    }
    const logged = engine === undefined ? 0n : await spentSince(engine, row, nowMs);
    if (total > logged) balances.push({ kind, id, nanoUsd: total - logged });
  }
  const added =
    engine === undefined ? balances.length : await addOpeningBalances(engine, balances, nowMs);
  notes.count("opening balance", "imported", added);
  notes.count("opening balance", "known", balances.length - added);
}

/** Whether what is spent is of a kind. */
function isTenant(
  kind: DirectoryRow["kind"],
): kind is Exclude<DirectoryRow["kind"], "member" | "budget"> {
  return kind !== "member" && kind !== "budget";
}

/** What the ledger has of a tenant since its first budget was fresh. */
async function spentSince(engine: Engine, row: DirectoryRow, nowMs: number): Promise<bigint> {
  const { kind } = row;
  if (!isTenant(kind)) return 0n;
  const [budget] = messageOf(kind, row).budgets;
  const span = budget === undefined ? undefined : spanOf(budget, nowMs);
  const fromMs = span?.kind === "sliding" ? nowMs - span.ms : (span?.startMs ?? 0);
  const [sum] = await aggregateUsage(engine, {
    dimension: kind,
    bucket: "all",
    fromMs,
    toMs: nowMs + 1,
    values: [row.id],
    top: 1,
  });
  return sum?.sums.cost_nano_usd ?? 0n;
}
