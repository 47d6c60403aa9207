import { toJsonString } from "@bufbuild/protobuf";
import { ExportFormat } from "../../../gen/parlance/admin/v1/usage_export_pb.js";
import { CallEntrySchema } from "../../../gen/parlance/admin/v1/usage_pb.js";
import { entryOf } from "../../core/ledger/call-entry.ts";
import type { LedgerRow } from "../../core/ledger/ledger-row.ts";
import { callJson } from "../../sinks/places/call-json.ts";
import type { CallFilter } from "../../store/ledger/call-filter.ts";
import type { CallCursor } from "../../store/ledger/query-calls.ts";
import type { StoreLink } from "../../store/store.ts";
import { csvHead, csvOf } from "./call-csv.ts";
import { focusHead, focusOf } from "./focus-csv.ts";

/** Calls that are exported. */
export interface CallExport {
  readonly store: StoreLink;
  readonly filter: CallFilter;
  readonly format: ExportFormat;
  readonly signal: AbortSignal;
}

/** How calls are written. */
interface Writer {
  readonly head: string;
  readonly print: (row: LedgerRow) => string;
}

/** Calls that are read at once, and how long that may take. */
const pageRows = 500;
const deadlineMs = 60_000;
/** Characters of a part. */
const partLength = 262_144;

/** Writes calls, the oldest first, in parts of whole lines. Reads on as whoever takes them does. */
export async function* exportCalls(wanted: CallExport): AsyncGenerator<{ data: Uint8Array }> {
  const { store, filter, format, signal } = wanted;
  const { head, print } = writers[format];
  let text = head;
  let after: CallCursor | undefined;
  do {
    const query = { ...filter, after, oldestFirst: true, limit: pageRows };
    const { calls, next } = await store.request("calls.page", query, deadlineMs);
    for (const row of calls) {
      text += print(row);
      if (text.length < partLength) continue;
      yield { data: Buffer.from(text) };
      text = "";
    }
    after = next;
  } while (after !== undefined && !signal.aborted);
  if (text !== "") yield { data: Buffer.from(text) };
}

const csv: Writer = { head: csvHead(), print: csvOf };

const writers: Readonly<Record<ExportFormat, Writer>> = {
  [ExportFormat.UNSPECIFIED]: csv,
  [ExportFormat.CSV]: csv,
  [ExportFormat.JSONL]: {
    head: "",
    print: (row) => `${toJsonString(CallEntrySchema, entryOf(row))}\n`,
  },
  [ExportFormat.RECORDS]: { head: "", print: (row) => `${callJson(row)}\n` },
  [ExportFormat.FOCUS]: { head: focusHead(), print: focusOf },
};
