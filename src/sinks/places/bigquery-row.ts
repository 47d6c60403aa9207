import type { DescMessage } from "@bufbuild/protobuf";
import { type JsonObject, type JsonValue, toJson } from "@bufbuild/protobuf";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import { CallEntrySchema } from "../../../gen/parlance/admin/v1/usage_pb.js";
import { entryOf } from "../../core/ledger/call-entry.ts";
import type { LedgerRow } from "../../core/ledger/ledger-row.ts";

/**
 * A call as a row of BigQuery: `CallEntry` as JSON, where maps are lists of records with `key` and
 * `value`, for there are no maps.
 * https://cloud.google.com/bigquery/docs/reference/rest/v2/tabledata/insertAll
 */
export function bigqueryRow(row: LedgerRow): JsonValue {
  return recordOf(
    toJson(CallEntrySchema, entryOf(row), { useProtoFieldName: true, alwaysEmitImplicit: true }),
    CallEntrySchema,
  );
}

function recordOf(json: JsonValue, schema: DescMessage): JsonValue {
  if (!isObject(json) || schema.typeName === TimestampSchema.typeName) return json;
  const record: JsonObject = { ...json };
  for (const field of schema.fields) {
    const value = json[field.name];
    if (value === undefined) continue;
    if (field.fieldKind === "map" && isObject(value))
      record[field.name] = Object.entries(value).map(([key, one]) => ({ key, value: one }));
    else if (field.message !== undefined) {
      const { message } = field;
      record[field.name] = Array.isArray(value)
        ? value.map((one) => recordOf(one, message))
        : recordOf(value, message);
    }
  }
  return record;
}

function isObject(json: JsonValue): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
