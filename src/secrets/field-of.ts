import { Buffer } from "node:buffer";
import type { FoundSecret } from "../config/references/found-secret.ts";
import { isObject, type Json, parseJson } from "../json/json.ts";
import type { SecretDocument } from "./read-document.ts";

/** No credential is as large as this. */
const maxBytes = 65_536;

/**
 * The text of one field of what a secret manager keeps, without white space around it. `field` is
 * "" for the whole of a text, and for the field `value` of fields.
 */
export function fieldOf(document: SecretDocument, field: string): FoundSecret {
  if ("text" in document && field === "") return checked(document.text);
  const fields = "text" in document ? fieldsIn(document.text) : document.fields;
  if (fields === undefined)
    return {
      problem: "it is no object of JSON, so that it has no fields",
      hint: "leave out field",
    };
  const name = field || "value";
  const value: Json | undefined = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (typeof value === "number" || typeof value === "boolean") return checked(String(value));
  if (typeof value === "string") return checked(value);
  const problem = `it has no text in the field ${JSON.stringify(name)}`;
  return { problem, hint: "write the name of one of its fields as field" };
}

function fieldsIn(text: string) {
  const read = parseJson(text);
  return read.ok && isObject(read.value) ? read.value : undefined;
}

function checked(text: string): FoundSecret {
  const trimmed = text.trim();
  if (trimmed === "") return { problem: "it is empty", hint: "set its value" };
  if (Buffer.byteLength(trimmed) > maxBytes)
    return { problem: `it has over ${maxBytes} bytes`, hint: "name a field of it" };
  return { text: trimmed };
}
