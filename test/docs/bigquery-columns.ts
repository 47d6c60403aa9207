import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";

/** A column as BigQuery's schemas have it. */
export interface BigqueryColumn {
  readonly name: string;
  readonly type: string;
  readonly mode: "NULLABLE" | "REPEATED";
  readonly fields?: readonly BigqueryColumn[];
}

/** The columns of a table with all that records have. */
export function bigqueryColumns(schema: DescMessage): readonly BigqueryColumn[] {
  return schema.fields.map((field) => {
    const { name, fieldKind } = field;
    const mode = fieldKind === "list" || fieldKind === "map" ? "REPEATED" : "NULLABLE";
    if (fieldKind !== "map") return { name, mode, ...typeOf(field, name) };
    const value = { name: "value", mode: "NULLABLE" as const, ...typeOf(field, name) };
    return {
      name,
      mode,
      type: "RECORD",
      fields: [{ ...value, name: "key", type: "STRING" }, value],
    };
  });
}

function typeOf(
  { message, enum: names, scalar }: DescField,
  name: string,
): Pick<BigqueryColumn, "type" | "fields"> {
  if (message?.typeName === "google.protobuf.Timestamp") return { type: "TIMESTAMP" };
  if (message !== undefined) return { type: "RECORD", fields: bigqueryColumns(message) };
  if (names !== undefined) return { type: "STRING" };
  if (scalar === ScalarType.STRING) return { type: name === "cost_usd" ? "NUMERIC" : "STRING" };
  return { type: scalar === ScalarType.BOOL ? "BOOL" : "INT64" };
}
