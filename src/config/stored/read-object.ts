import { type DescMessage, fromJsonString, type MessageShape } from "@bufbuild/protobuf";
import { type Model, ModelSchema } from "../../../gen/parlance/config/v1/model_pb.js";
import { type Price, PriceSchema } from "../../../gen/parlance/config/v1/price_pb.js";
import { type Provider, ProviderSchema } from "../../../gen/parlance/config/v1/provider_pb.js";
import type { ConfigObject } from "../../core/stored/config-object.ts";
import type { SecretValue } from "../secret-value.ts";
import { objectPlace, unseal } from "./seal.ts";

/** An object with what it says. */
export type ReadObject =
  | { readonly kind: "provider"; readonly name: string; readonly message: Provider }
  | { readonly kind: "model"; readonly name: string; readonly message: Model }
  | { readonly kind: "price"; readonly name: string; readonly message: Price };

/** An object of the store, or why it cannot be read. */
export type ObjectReading =
  | { readonly ok: true; readonly read: ReadObject }
  | { readonly ok: false; readonly message: string; readonly hint: string };

/** Reads an object of the store with its secrets. `key` decrypts them; 32 bytes as hex digits. */
export function readObject(object: ConfigObject, key: SecretValue | undefined): ObjectReading {
  const text = textOf(object, key);
  if (text === undefined)
    return {
      ok: false,
      message:
        key === undefined
          ? "its credentials are encrypted, and store.encryption_key is not set"
          : "its credentials were encrypted with another store.encryption_key",
      hint: "set the key that it was made with, or delete it and make it again",
    };
  const read = messageIn(object, text);
  return read === undefined
    ? { ok: false, message: "this version cannot read it", hint: "make it again" }
    : { ok: true, read };
}

function textOf(object: ConfigObject, key: SecretValue | undefined): string | undefined {
  const { kind, name, sealed, documentJson } = object;
  if (sealed === "") return documentJson;
  return key === undefined ? undefined : unseal(sealed, key, objectPlace(kind, name));
}

function messageIn({ kind, name }: ConfigObject, text: string): ReadObject | undefined {
  switch (kind) {
    case "provider": {
      const message = parse(ProviderSchema, text);
      return message && { kind, name, message };
    }
    case "model": {
      const message = parse(ModelSchema, text);
      return message && { kind, name, message };
    }
    case "price": {
      const message = parse(PriceSchema, text);
      return message && { kind, name, message };
    }
  }
}

function parse<Desc extends DescMessage>(
  schema: Desc,
  text: string,
): MessageShape<Desc> | undefined {
  try {
    return fromJsonString(schema, text);
  } catch {
    return undefined;
  }
}
