import type { OriginBody } from "../../../core/dialect.ts";
import { createReport, mapped } from "../../../core/fidelity/encode-report.ts";
import type { Fit } from "../../../core/fidelity/fit.ts";
import type { JsonObject } from "../../../json/json.ts";
import { embedFidelity } from "../fidelity.ts";
import { acceptsEmbedBody, type EmbedWords, embedWords } from "../vendor/embed-shape.ts";
import type { ChatEncodeOptions } from "../wire.ts";
import { isSet } from "./messages.ts";

/**
 * Fits a request for vectors to a vendor that says the knobs otherwise. What OpenAI's clients
 * always say is renamed in place; other knobs are the encoder's. Vectors that the vendor writes
 * otherwise are translated.
 */
export function fitEmbed({ body, json }: OriginBody, { quirks }: ChatEncodeOptions): Fit {
  const { embedShape } = quirks;
  if (!acceptsEmbedBody(body, embedShape)) return "translated";
  if (embedShape === undefined || embedShape === "openai" || embedShape === "perplexity")
    return "as_is";
  const words = embedWords(embedShape);
  if (needsEncoder(json, words)) return "encoded";
  const { dimensions } = words;
  if (dimensions === "dimensions" || !isSet(json.dimensions) || json[dimensions] !== undefined)
    return "as_is";
  const report = createReport(embedFidelity);
  mapped(report, "dimensions", `sent as ${dimensions}`);
  return { body, report: report.entries };
}

function needsEncoder(json: JsonObject, words: EmbedWords): boolean {
  const { user, input_type: inputType, truncate, encoding_format: encoding } = json;
  if (isSet(user) && words.user !== "user") return true;
  if (isSet(inputType) && words.inputType !== "input_type") return true;
  if (typeof truncate === "string" && truncate !== "")
    return words.truncate !== "truncate" || words.truncateSwitch;
  return encoding === "int8";
}
