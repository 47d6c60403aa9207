import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { fromJsonString } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { PersonKind, ReceiptSchema } from "../../../gen/parlance/admin/v1/privacy_pb.js";
import type { KnownErasure } from "../../store/erasure/reapply-erasures.ts";
import type { CommandInput } from "../command.ts";
import { loadForCommand } from "../load-for-command.ts";
import type { Shell } from "../shell.ts";

/** `parlance privacy reapply FILE`: erases by receipts whom a copy of the database has back. */
export async function reapplyReceipts(shell: Shell, input: CommandInput): Promise<number> {
  const [, file = ""] = input.positionals;
  const settings = await loadForCommand(shell, input);
  if (settings === undefined) return 1;
  if (settings.store === undefined) {
    shell.stderr.write("parlance privacy: the config has no database: add store\n");
    return 1;
  }
  const receipts = await readReceipts(file);
  const { openConfigured } = await import("../../composition/stored/open-configured.ts");
  const { migrate } = await import("../../store/migrations/migrate.ts");
  const { reapplyErasures } = await import("../../store/erasure/reapply-erasures.ts");
  const engine = await openConfigured(settings.store);
  try {
    await migrate(engine, Date.now());
    const found = await reapplyErasures(engine, receipts);
    shell.stdout.write(`${receipts.length} receipts: ${found} persons were erased again\n`);
    return 0;
  } finally {
    await engine.close();
  }
}

/** Throws where a line is no receipt. */
async function readReceipts(file: string): Promise<readonly KnownErasure[]> {
  const lines = createInterface({ input: createReadStream(file) });
  const receipts: KnownErasure[] = [];
  let at = 0;
  for await (const line of lines) {
    at += 1;
    if (line.trim() !== "") receipts.push(readReceipt(line, at));
  }
  return receipts;
}

function readReceipt(receiptJson: string, at: number): KnownErasure {
  try {
    const { id, kind, personHash, keyHashes, organization, team, ...times } = fromJsonString(
      ReceiptSchema,
      receiptJson,
    );
    const { beginTime, finishTime } = times;
    if (id !== "" && beginTime !== undefined && finishTime !== undefined)
      return {
        id,
        kind: kind === PersonKind.USER ? "user" : "end_user",
        personHash,
        keyHashes,
        organizationId: organization,
        teamId: team,
        begunMs: timestampMs(beginTime),
        finishedMs: timestampMs(finishTime),
        receiptJson,
      };
  } catch {
    // It is said below, without what the line holds.
  }
  throw new Error(`line ${at} is no receipt: write them by parlance privacy receipts`);
}
