import { parseLedgerRow } from "../../core/ledger/ledger-json.ts";
import { isContentLine, parseSealedContent } from "../../core/ledger/sealed-content.ts";
import { writeContent } from "../content/write-content.ts";
import type { Engine } from "../engine/engine.ts";
import { isDataError } from "../engine/is-data-error.ts";
import { writeCalls } from "./write-calls.ts";

/** Hears of what is not written. */
export interface Unwritten {
  /** Takes a record that the database refuses for what it says. */
  readonly reject: (record: string, why: string) => void;
  /** The database refuses the content of a call, which is kept nowhere. */
  readonly rejectContent: (why: string) => void;
  /** So many calls were of people who were erased meanwhile. */
  readonly erased: (calls: number) => void;
}

/**
 * Writes records: calls to the ledger, and content. One that is refused for what it says holds up
 * no others. Rejects where the database is away.
 */
export async function writeOrReject(
  engine: Engine,
  records: readonly string[],
  { reject, rejectContent, erased }: Unwritten,
): Promise<void> {
  const calls = records.filter((record) => !isContentLine(record));
  const contents = records.filter(isContentLine);
  await writeEach(calls, (some) => writeCalls(engine, some.map(parseLedgerRow)), reject);
  await writeEach(
    contents,
    async (some) => erased(await writeContent(engine, some.map(parseSealedContent))),
    (_, why) => rejectContent(why),
  );
}

/** Writes all at once, or where some are refused those that are not. */
async function writeEach(
  records: readonly string[],
  write: (some: readonly string[]) => Promise<unknown>,
  reject: Unwritten["reject"],
): Promise<void> {
  if (records.length === 0) return;
  try {
    await write(records);
  } catch (error) {
    if (!isBad(error)) throw error;
    const [only = ""] = records;
    if (records.length === 1) return reject(only, String(error));
    const middle = records.length >> 1;
    await writeEach(records.slice(0, middle), write, reject);
    await writeEach(records.slice(middle), write, reject);
  }
}

function isBad(error: unknown): boolean {
  return error instanceof SyntaxError || isDataError(error);
}
