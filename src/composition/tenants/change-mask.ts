import { clone, type DescMessage, type Message } from "@bufbuild/protobuf";
import type { GenMessage } from "@bufbuild/protobuf/codegenv2";
import { reflect } from "@bufbuild/protobuf/reflect";
import type { FieldMask } from "@bufbuild/protobuf/wkt";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { gatewayFields } from "./object-messages.ts";

/** An object with what a request changes of it, and the names of the fields that it changes. */
export interface ChangedObject<Shape> {
  readonly message: Shape;
  readonly fields: readonly string[];
}

/**
 * Takes over the fields that a mask names, or where it names none those that are set. Throws
 * INVALID_REQUEST for a name of no field, and of one that the gateway sets.
 */
export function withChanges<Shape extends Message>(
  schema: GenMessage<Shape>,
  before: Shape,
  wanted: Shape,
  mask: FieldMask | undefined,
): ChangedObject<Shape> {
  const plain: DescMessage = schema;
  const message = clone<DescMessage>(plain, before);
  const target = reflect(plain, message);
  const source = reflect(plain, wanted);
  const settable = schema.fields.filter(({ name }) => !gatewayFields.has(name));
  // In JSON the names of a mask are those of the JSON; some clients send these as they are.
  const names = new Map(settable.map(({ name, jsonName }) => [jsonName, name]));
  const named = (mask?.paths ?? []).map((path) => names.get(path) ?? path);
  for (const path of named)
    if (!settable.some(({ name }) => name === path))
      throw new GatewayError(
        invalidField("update_mask", `${path} is no field that a request may change`),
      );
  const changed = settable.filter((field) =>
    named.length === 0 ? source.isSet(field) : named.includes(field.name),
  );
  for (const field of changed) {
    target.clear(field);
    if (source.isSet(field)) target.set(field, source.get(field));
  }
  // A clone is of the same kind.
  return { message: message as Shape, fields: changed.map(({ name }) => name) };
}
