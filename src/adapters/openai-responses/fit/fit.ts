import type { OriginBody } from "../../../core/dialect.ts";
import type { Fit } from "../../../core/fidelity/fit.ts";
import { arrayAt, asBuffer, isObject, type JsonObject, stringAt } from "../../../json/json.ts";
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
  if (asBuffer(body).includes('"data:image/jpg')) return "encoded";
  return holdsSeal(json) ? "encoded" : "as_is";
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
