import { isObject, type Json, parseJson } from "../../json/json.ts";
import { type RawJson, rawJson, type Writable } from "../../json/write.ts";

/**
 * Holds arguments that are not a JSON object where a vendor takes only one; decoders take it off
 * again.
 */
const RAW_MEMBER = "_raw_arguments";

/**
 * Arguments for a vendor that takes an object: the very text where it is one, `{}` where it is
 * empty, and else `{"_raw_arguments": text}`, so that what a model wrote wrongly is neither lost
 * nor able to break the body.
 */
export function encodeToolInput(argumentsJson: string): {
  readonly input: RawJson | Writable;
  readonly wrapped: boolean;
} {
  if (argumentsJson.trim() === "") return { input: rawJson("{}"), wrapped: false };
  const parsed = parseJson(argumentsJson);
  if (parsed.ok && isObject(parsed.value)) return { input: rawJson(argumentsJson), wrapped: false };
  return { input: { [RAW_MEMBER]: argumentsJson }, wrapped: true };
}

/** The inverse of encodeToolInput. `text` gives the exact text of the input. */
export function decodeToolInput(input: Json | undefined, text: () => string): string {
  if (input === undefined || input === null) return "{}";
  if (isObject(input)) {
    const raw = input[RAW_MEMBER];
    if (typeof raw === "string" && Object.keys(input).length === 1) return raw;
  }
  return text();
}
