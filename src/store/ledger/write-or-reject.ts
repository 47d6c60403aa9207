import { parseLedgerRow } from "../../core/ledger/ledger-json.ts";
import type { LedgerRow } from "../../core/ledger/ledger-row.ts";
import type { Engine } from "../engine/engine.ts";
import { isDataError } from "../engine/is-data-error.ts";
import { writeCalls } from "./write-calls.ts";

/** Takes a record that the database refuses for what it says. */
export type Reject = (record: string, why: string) => void;

/**
 * Writes records to the ledger. One that is refused for what it says goes to `reject`, so that it
 * holds up no others. Rejects where the database is away.
 */
export async function writeOrReject(
  engine: Engine,
  records: readonly string[],
  reject: Reject,
): Promise<void> {
  try {
    await writeCalls(engine, parseAll(records));
  } catch (error) {
    if (!isBad(error)) throw error;
    const [only = ""] = records;
    if (records.length === 1) return reject(only, String(error));
    const middle = records.length >> 1;
    await writeOrReject(engine, records.slice(0, middle), reject);
    await writeOrReject(engine, records.slice(middle), reject);
  }
}

function parseAll(records: readonly string[]): readonly LedgerRow[] {
  return records.map(parseLedgerRow);
}

function isBad(error: unknown): boolean {
  return error instanceof SyntaxError || isDataError(error);
}
