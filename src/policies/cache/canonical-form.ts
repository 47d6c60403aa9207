import type { Hash } from "node:crypto";
import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import { parseJson } from "../../json/json.ts";
import { fieldsOutsideKey } from "./not-in-key.ts";

/**
 * Adds the canonical form of a request to a digest: every field that is set but those that are
 * outside of keys, whichever client said it and in whatever order. False where the message has
 * fields that this gateway does not know, so that its form is not known.
 */
export type AddCanonical = (hash: Hash, desc: DescMessage, message: Message) => boolean;

/** Makes it. What descriptors say is looked up once for each message type. */
export function createCanonicalForm(): AddCanonical {
  const plans = new Map<DescMessage, readonly DescField[]>();
  const fieldsOf = (desc: DescMessage): readonly DescField[] => {
    let fields = plans.get(desc);
    if (fields === undefined) {
      fields = desc.fields.filter((field) => !isOutside(desc, field));
      plans.set(desc, fields);
    }
    return fields;
  };
  return (hash, desc, message) => {
    const writer = new FormWriter(hash, fieldsOf);
    writer.message(desc, message);
    writer.flush();
    return writer.known;
  };
}

function isOutside({ typeName }: DescMessage, { name, message: inner }: DescField): boolean {
  return fieldsOutsideKey.some(
    ({ message, field }) =>
      (message === typeName && field === name) || (field === "*" && message === inner?.typeName),
  );
}

/**
 * Writes a message as text, each value with its length or between brackets, so that no two
 * messages have the same form.
 */
class FormWriter {
  known = true;
  readonly #hash: Hash;
  readonly #fieldsOf: (desc: DescMessage) => readonly DescField[];
  #text = "";

  constructor(hash: Hash, fieldsOf: (desc: DescMessage) => readonly DescField[]) {
    this.#hash = hash;
    this.#fieldsOf = fieldsOf;
  }

  message(desc: DescMessage, message: Message): void {
    if (message.$unknown !== undefined && message.$unknown.length > 0) this.known = false;
    for (const field of this.#fieldsOf(desc)) {
      const value = fieldValue(message, field);
      if (value !== undefined && value !== null) this.#field(field, value);
    }
  }

  flush(): void {
    if (this.#text !== "") this.#hash.update(this.#text);
    this.#text = "";
  }

  #field(field: DescField, value: unknown): void {
    const { number } = field;
    if (Array.isArray(value)) {
      if (value.length === 0) return;
      this.#text += `${number}[`;
      for (const one of value) this.#value(field, one);
      this.#text += "]";
    } else if (field.fieldKind === "map") this.#map(field, value);
    else if (!isDefault(field, value)) {
      this.#text += `${number}=`;
      this.#value(field, value);
    }
  }

  #map(field: DescField, value: unknown): void {
    if (typeof value !== "object" || value === null) return;
    const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
    if (entries.length === 0) return;
    this.#text += `${field.number}<`;
    for (const [key, one] of entries) {
      this.#string(key);
      this.#value(field, one);
    }
    this.#text += ">";
  }

  #value(field: DescField, value: unknown): void {
    if (typeof value === "string")
      this.#string(field.name.endsWith("_json") ? withoutBlanks(value) : value);
    else if (value instanceof Uint8Array) {
      this.#text += `b${value.length}:`;
      this.flush();
      this.#hash.update(value);
    } else if (isMessageOf(field, value)) {
      this.#text += "{";
      if (field.message !== undefined) this.message(field.message, value);
      this.#text += "}";
    } else this.#text += `${String(value)};`;
  }

  #string(value: string): void {
    this.#text += `s${value.length}:${value}`;
    if (this.#text.length > FLUSHED) this.flush();
  }
}

/** Characters that are collected before they are added to the digest. */
const FLUSHED = 8192;

function isMessageOf({ message }: DescField, value: unknown): value is Message {
  return message !== undefined && typeof value === "object" && value !== null;
}

/** Undefined where it is not set. */
function fieldValue(message: Message, field: DescField): unknown {
  const members = message as unknown as Readonly<Record<string, unknown>>; // fields by their names
  if (field.oneof === undefined) return members[field.localName];
  const chosen = members[field.oneof.localName];
  if (typeof chosen !== "object" || chosen === null) return undefined;
  if (!("case" in chosen) || chosen.case !== field.localName) return undefined;
  return "value" in chosen ? chosen.value : undefined;
}

/** Whether a field without presence is as if it were not set. */
function isDefault(field: DescField, value: unknown): boolean {
  if (field.oneof !== undefined || field.presence === FeatureSet_FieldPresence.EXPLICIT)
    return false;
  if (value instanceof Uint8Array) return value.length === 0;
  return value === "" || value === 0 || value === false || value === 0n;
}

/** A JSON text without the blanks between its words; any other text as it is. */
function withoutBlanks(text: string): string {
  if (!/[ \t\r\n]/.test(text) || !parseJson(text).ok) return text;
  let plain = "";
  let from = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x5c && inString) at += 1;
    else if (code === 0x22) inString = !inString;
    else if (code <= 0x20 && !inString) {
      plain += text.slice(from, at);
      from = at + 1;
    }
  }
  return plain + text.slice(from);
}
