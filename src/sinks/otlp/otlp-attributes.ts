import { create } from "@bufbuild/protobuf";
import {
  type AnyValue,
  AnyValueSchema,
  type KeyValue,
  KeyValueSchema,
} from "../../../gen/opentelemetry/proto/common/v1/common_pb.js";

/** What an attribute may be. */
export type AttributeValue = string | number | bigint | boolean | Double | readonly string[];

/** A number that is a double where it is whole too, as the conventions have some. */
export interface Double {
  readonly double: number;
}

/** Attributes by their names. Undefined, "" and empty lists: they are not there. */
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>;

/** Attributes as OTLP has them; what is empty is left out. */
export function attributesOf(attributes: Attributes): KeyValue[] {
  return Object.entries(attributes).flatMap(([key, value]) => {
    if (value === undefined || value === "") return [];
    if (Array.isArray(value) && value.length === 0) return [];
    return create(KeyValueSchema, { key, value: anyValueOf(value) });
  });
}

/** A value as OTLP has it. Numbers that are not whole are doubles. */
export function anyValueOf(value: AttributeValue): AnyValue {
  return create(AnyValueSchema, { value: caseOf(value) });
}

function caseOf(value: AttributeValue) {
  if (typeof value === "string") return { case: "stringValue", value } as const;
  if (typeof value === "boolean") return { case: "boolValue", value } as const;
  if (typeof value === "object")
    return "double" in value
      ? ({ case: "doubleValue", value: value.double } as const)
      : ({ case: "arrayValue", value: { values: value.map(anyValueOf) } } as const);
  if (typeof value === "number" && !Number.isInteger(value))
    return { case: "doubleValue", value } as const;
  return { case: "intValue", value: BigInt(value) } as const;
}

/** Milliseconds since 1970 as nanoseconds, exact to a microsecond. */
export function nanoOf(ms: number): bigint {
  return BigInt(Math.round(ms * 1000)) * 1000n;
}

/** Bytes of hex digits. */
export function hexBytes(hex: string): Uint8Array {
  return Buffer.from(hex, "hex");
}
