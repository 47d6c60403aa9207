import type { OriginBody } from "../../../core/dialect.ts";
import type { Fit } from "../../../core/fidelity/fit.ts";
import {
  arrayAt,
  asBuffer,
  isObject,
  type Json,
  type JsonObject,
  stringAt,
} from "../../../json/json.ts";
import { unseal } from "../../shared/sealed-reasoning.ts";
import { everyId } from "../../shared/tool-ids.ts";
import { toolIdRules } from "../vendor/tool-id.ts";
import { ENCRYPTED, PROOF_ID, type ResponsesOptions, readQuirks, sealsReasoning } from "../wire.ts";

/**
 * Fits a response to a vendor that takes a part of the dialect. Ids, bounds and instructions are
 * the encoder's to write otherwise, and reasoning of other dialects that was sealed for the client
 * is its to leave out.
 */
export function fitResponse({ body, json }: OriginBody, options: ResponsesOptions): Fit {
  const quirks = readQuirks(options.quirks);
  const { instructions, maxOutputTokens, minOutputTokens } = quirks;
  const { max_output_tokens: bound, include } = json;
  if (typeof bound === "number" && (!maxOutputTokens || bound < minOutputTokens)) return "encoded";
  if (!instructions && typeof json.instructions === "string") return "encoded";
  if (Array.isArray(include) && include.includes(ENCRYPTED) && !sealsReasoning(options, quirks))
    return "encoded";
  if (!everyId(json.input, "call_id", toolIdRules.valid)) return "encoded";
  if (asBuffer(body).includes('"data:image/jpg') || !pairsCalls(json)) return "encoded";
  return holdsSeal(json) ? "encoded" : "as_is";
}

const CALLS: ReadonlySet<Json | undefined> = new Set(["function_call", "custom_tool_call"]);
const RESULTS: ReadonlySet<Json | undefined> = new Set([
  "function_call_output",
  "custom_tool_call_output",
]);

/**
 * Whether every result has its call before it, and every call its result, but for those that stand
 * last: the vendor refuses others. Calls may be in what the vendor keeps.
 */
function pairsCalls(json: JsonObject): boolean {
  const { previous_response_id, conversation, prompt } = json;
  if ((previous_response_id ?? conversation ?? prompt ?? null) !== null) return true;
  const items = (arrayAt(json, "input") ?? []).filter(isObject);
  if (items.some(({ type }) => type === "item_reference")) return true;
  const called = new Set<Json | undefined>();
  const open = new Set<Json | undefined>();
  for (const { type, call_id: id } of items) {
    if (CALLS.has(type)) {
      called.add(id);
      open.add(id);
    } else if (RESULTS.has(type)) {
      if (!called.has(id)) return false;
      open.delete(id);
    }
  }
  return open.size === 0 || CALLS.has(items.at(-1)?.type);
}

function holdsSeal(json: JsonObject): boolean {
  return (arrayAt(json, "input") ?? []).some((item) => {
    if (!isObject(item)) return false;
    const id = stringAt(item, "id") ?? "";
    const proof = id.startsWith(PROOF_ID) ? id.slice(PROOF_ID.length) : "";
    return [proof, stringAt(item, "encrypted_content") ?? ""].some(
      (text) => unseal(text) !== undefined,
    );
  });
}
