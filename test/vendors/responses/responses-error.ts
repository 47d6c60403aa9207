import { asString, type Json } from "../json-value.ts";
import { invalidRequest, type OpenAiError } from "../openai/error-reply.ts";

/** The fault of a member that must be there. */
export function missing(path: string): OpenAiError {
  return invalidRequest(
    `Missing required parameter: '${path}'.`,
    path,
    "missing_required_parameter",
  );
}

/** The fault of a member that the API does not know. */
export function unknownParameter(path: string): OpenAiError {
  return invalidRequest(`Unknown parameter: '${path}'.`, path, "unknown_parameter");
}

/** The fault of a member of another type; `expected` with its article. */
export function wrongType(path: string, expected: string): OpenAiError {
  return invalidRequest(`Invalid type for '${path}': expected ${expected}.`, path, "invalid_type");
}

/** The fault of a whole number that is too small. */
export function belowMinimum(path: string, low: number, value: number): OpenAiError {
  return invalidRequest(
    `Invalid '${path}': integer below minimum value. Expected a value >= ${low}, but got ${value} instead.`,
    path,
    "integer_below_min_value",
  );
}

/** The fault of a word that is none of those known. */
export function unsupportedValue(
  path: string,
  value: Json | undefined,
  supported: readonly string[],
): OpenAiError {
  const listed = supported.map((each) => `'${each}'`);
  const list =
    listed.length < 2 ? listed.join("") : `${listed.slice(0, -1).join(", ")}, and ${listed.at(-1)}`;
  return invalidRequest(
    `Invalid value: '${asString(value) ?? JSON.stringify(value)}'. Supported values are: ${list}.`,
    path,
    "invalid_value",
  );
}
