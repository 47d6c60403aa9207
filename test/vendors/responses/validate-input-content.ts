import { firstBroken } from "../first-broken.ts";
import { asObject, asString, isSet, type Json, type JsonObject } from "../json-value.ts";
import { invalidRequest, type OpenAiError } from "../openai/error-reply.ts";
import { missing, unknownParameter, unsupportedValue } from "./responses-error.ts";

const membersOfContent: Readonly<Record<string, readonly string[]>> = {
  input_text: ["type", "text", "prompt_cache_breakpoint"],
  input_image: ["type", "image_url", "file_id", "detail", "prompt_cache_breakpoint"],
  input_file: [
    "type",
    "file_id",
    "file_data",
    "file_url",
    "filename",
    "detail",
    "prompt_cache_breakpoint",
  ],
  output_text: ["type", "text", "annotations", "logprobs"],
  refusal: ["type", "refusal"],
};

/** What is said to a model is input, what it said is output. */
const contentOfRole: Readonly<Record<string, readonly string[]>> = {
  user: ["input_text", "input_image", "input_file"],
  system: ["input_text"],
  developer: ["input_text"],
  assistant: ["output_text", "refusal"],
};

/**
 * The first fault in the content of a message, or in the output of a call, which is judged as a
 * user's.
 */
export function validateInputContent(
  content: readonly Json[],
  role: string,
  at: string,
): OpenAiError | undefined {
  for (const [index, each] of content.entries()) {
    const fault = validatePart(asObject(each) ?? {}, contentOfRole[role] ?? [], `${at}[${index}]`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function validatePart(
  part: JsonObject,
  allowed: readonly string[],
  at: string,
): OpenAiError | undefined {
  const type = asString(part.type);
  if (type === undefined) return missing(`${at}.type`);
  if (!allowed.includes(type)) return unsupportedValue(at, type, allowed);
  const unknown = Object.keys(part).find((key) => !membersOfContent[type]?.includes(key));
  if (unknown !== undefined) return unknownParameter(`${at}.${unknown}`);
  if (type === "input_image") return validateImage(part, at);
  if (type === "input_file") {
    const named = ["file_id", "file_data", "file_url"].some((key) => isSet(part[key]));
    return named ? undefined : missing(`${at}.file_id`);
  }
  const key = type === "refusal" ? "refusal" : "text";
  return typeof part[key] === "string" ? undefined : missing(`${at}.${key}`);
}

function validateImage(part: JsonObject, at: string): OpenAiError | undefined {
  const url = asString(part.image_url);
  const details = ["low", "high", "auto", "original"];
  return firstBroken([
    [!isSet(part.image_url) && !isSet(part.file_id), missing(`${at}.image_url`)],
    [
      isSet(part.image_url) &&
        !/^(https?:\/\/|data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+=*$)/.test(url ?? ""),
      invalidRequest(
        `Invalid '${at}.image_url'. Expected a valid URL, but got a value with an invalid format.`,
        `${at}.image_url`,
        "invalid_value",
      ),
    ],
    [
      isSet(part.detail) && !details.includes(asString(part.detail) ?? ""),
      unsupportedValue(`${at}.detail`, part.detail, details),
    ],
  ]);
}
