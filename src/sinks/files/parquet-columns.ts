import { type DescField, type DescMessage, isMessage, ScalarType } from "@bufbuild/protobuf";
import { isReflectMessage, type ReflectMessage } from "@bufbuild/protobuf/reflect";
import { TimestampSchema, timestampMs } from "@bufbuild/protobuf/wkt";
import type { SchemaElement } from "hyparquet-writer";

/** A column of a Parquet file, or a part of one: a field of a message. */
export interface ParquetColumn {
  readonly name: string;
  /** Its type, and behind it those of its parts. */
  readonly elements: readonly SchemaElement[];
  /** Its value in a message; undefined: null. */
  readonly read: (message: ReflectMessage) => unknown;
}

/**
 * The columns of a message, by the names of its fields in the contract, with types that query
 * engines count and sum: timestamps, lists, maps and structs, and exact decimal numbers where a
 * field is USD (`x_usd`, from `x_nano_usd`). Enums are the names of their values. Only where a
 * field may be unset may the column be null. See https://parquet.apache.org/docs/file-format/types/
 * (2026-11).
 */
export function parquetColumns(schema: DescMessage): readonly ParquetColumn[] {
  return schema.fields.map((field) => usdColumn(field, schema) ?? columnOf(field));
}

/** Billionths of a USD are decimal numbers with nine digits behind the point. */
function usdColumn({ name }: DescField, schema: DescMessage): ParquetColumn | undefined {
  if (!name.endsWith("_usd") || name.endsWith("_nano_usd")) return undefined;
  const nano = schema.fields.find((one) => one.name === name.replace(/_usd$/, "_nano_usd"));
  if (nano === undefined) return undefined;
  const decimal = { type: "INT64", converted_type: "DECIMAL", precision: 18, scale: 9 } as const;
  return {
    name,
    elements: [{ name, ...decimal, repetition_type: "OPTIONAL" }],
    read: (message) => (message.isSet(nano) ? message.get(nano) : undefined),
  };
}

function columnOf(field: DescField): ParquetColumn {
  const { name } = field;
  switch (field.fieldKind) {
    case "list": {
      const { elements, toValue } = typeOf("element", field, false);
      const list = {
        repetition_type: "REQUIRED",
        converted_type: "LIST",
        num_children: 1,
      } as const;
      return {
        name,
        elements: [{ name, ...list }, repeated("list", 1), ...elements],
        read: (message) => Array.from(message.get(field), toValue),
      };
    }
    case "map": {
      const key = scalarElement("key", field.mapKey, false);
      const { elements, toValue } = typeOf("value", field, false);
      const map = { repetition_type: "REQUIRED", converted_type: "MAP", num_children: 1 } as const;
      return {
        name,
        elements: [{ name, ...map }, repeated("key_value", 2), key, ...elements],
        read: (message) => Array.from(message.get(field), ([key, value]) => [key, toValue(value)]),
      };
    }
    case "scalar":
    case "enum":
    case "message": {
      const optional = field.presence === explicit;
      const { elements, toValue } = typeOf(name, field, optional);
      return {
        name,
        elements,
        read: (message) =>
          optional && !message.isSet(field) ? undefined : toValue(message.get(field)),
      };
    }
  }
}

/** `FeatureSet.FieldPresence.EXPLICIT`: unset is not the same as empty. */
const explicit = 1;

function repeated(name: string, children: number): SchemaElement {
  return { name, repetition_type: "REPEATED", num_children: children };
}

/** The type of a field's values, or of the elements of a list or map. */
function typeOf(
  name: string,
  field: Pick<DescField, "message" | "enum" | "scalar">,
  optional: boolean,
): Pick<ParquetColumn, "elements"> & { readonly toValue: (value: unknown) => unknown } {
  const { message, enum: names, scalar } = field;
  if (message !== undefined) return messageType(name, message, optional);
  if (names === undefined)
    return { elements: [scalarElement(name, scalar, optional)], toValue: (value) => value };
  return {
    elements: [scalarElement(name, ScalarType.STRING, optional)],
    toValue: (value) => (typeof value === "number" ? (names.value[value]?.name ?? "") : ""),
  };
}

function messageType(name: string, schema: DescMessage, optional: boolean) {
  const repetition_type = optional ? ("OPTIONAL" as const) : ("REQUIRED" as const);
  if (schema.typeName === TimestampSchema.typeName)
    return {
      elements: [
        { name, type: "INT64", converted_type: "TIMESTAMP_MILLIS", repetition_type } as const,
      ],
      toValue: (value: unknown) =>
        isReflectMessage(value) && isMessage(value.message, TimestampSchema)
          ? BigInt(timestampMs(value.message))
          : undefined,
    };
  const parts = parquetColumns(schema);
  return {
    elements: [
      { name, repetition_type, num_children: parts.length },
      ...parts.flatMap(({ elements }) => elements),
    ],
    toValue: (value: unknown) =>
      isReflectMessage(value)
        ? Object.fromEntries(parts.map((part) => [part.name, part.read(value)]))
        : undefined,
  };
}

function scalarElement(
  name: string,
  scalar: ScalarType | undefined,
  optional: boolean,
): SchemaElement {
  const repetition_type = optional ? "OPTIONAL" : "REQUIRED";
  switch (scalar) {
    case ScalarType.STRING:
      return { name, type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type };
    case ScalarType.BOOL:
      return { name, type: "BOOLEAN", repetition_type };
    case ScalarType.DOUBLE:
      return { name, type: "DOUBLE", repetition_type };
    case ScalarType.INT32:
    case ScalarType.UINT32:
      return { name, type: "INT32", repetition_type };
    case ScalarType.INT64:
    case ScalarType.UINT64:
      return { name, type: "INT64", repetition_type };
    default:
      throw new Error(`the field ${name} has a type that records do not have`);
  }
}
