import type { OriginBody } from "../../../core/dialect.ts";
import type { Fit } from "../../../core/fidelity/fit.ts";
import { arrayAt, asBuffer, isObject, type JsonObject, stringAt } from "../../../json/json.ts";
import { SEAL_PREFIX, unseal } from "../../shared/sealed-reasoning.ts";
import { everyId } from "../../shared/tool-ids.ts";
import { toolIdRules } from "../vendor/tool-id.ts";
import { type ResponsesOptions, readQuirks } from "../wire.ts";

/**
 * Fits a response to a vendor that takes a part of the dialect. Ids, bounds and instructions are
 * the encoder's to write otherwise, and reasoning of other dialects that was sealed for the client
 * is its to leave out.
 */
export function fitResponse({ body, json }: OriginBody, { quirks }: ResponsesOptions): Fit {
  const { instructions, maxOutputTokens, minOutputTokens, encryptedReasoning } = readQuirks(quirks);
  const { max_output_tokens: bound, include } = json;
  if (typeof bound === "number" && (!maxOutputTokens || bound < minOutputTokens)) return "encoded";
  if (!instructions && typeof json.instructions === "string") return "encoded";
  if (!encryptedReasoning && Array.isArray(include) && include.includes(ENCRYPTED))
    return "encoded";
  if (!everyId(body, "call_id", toolIdRules.valid)) return "encoded";
  if (asBuffer(body).includes('"data:image/jpg')) return "encoded";
  return asBuffer(body).includes(`"${SEAL_PREFIX}`) && holdsSeal(json) ? "encoded" : "as_is";
}

const ENCRYPTED = "reasoning.encrypted_content";

function holdsSeal(json: JsonObject): boolean {
  return (arrayAt(json, "input") ?? []).some((item) => {
    const proof = isObject(item) ? stringAt(item, "encrypted_content") : undefined;
    return proof !== undefined && unseal(proof) !== undefined;
  });
}
