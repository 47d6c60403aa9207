import { toJsonString } from "@bufbuild/protobuf";
import { CallEntrySchema } from "../../../gen/parlance/admin/v1/usage_pb.js";
import { entryOf } from "../../core/ledger/call-entry.ts";
import type { LedgerRow } from "../../core/ledger/ledger-row.ts";

/** A call as JSON on one line: `CallEntry` with the names of its fields in the contract. */
export function callJson(row: LedgerRow): string {
  return toJsonString(CallEntrySchema, entryOf(row), { useProtoFieldName: true });
}

/** Calls as the body of a webhook. */
export function callsJson(rows: readonly LedgerRow[]): string {
  return `{"calls":[${rows.map(callJson).join(",")}]}`;
}
