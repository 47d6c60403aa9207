import type { OriginBody } from "../../../core/dialect.ts";
import type { Fit } from "../../../core/fidelity/fit.ts";
import { servedModel } from "../../../core/target/served-model.ts";
import {
  arrayAt,
  asBuffer,
  isObject,
  type JsonObject,
  objectAt,
  stringAt,
} from "../../../json/json.ts";
import { SEAL_PREFIX } from "../../shared/sealed-reasoning.ts";
import { everyId } from "../../shared/tool-ids.ts";
import { unsealBlock } from "../sealed-reasoning.ts";
import { isKnownModel, type ModelTraits, modelTraits } from "../vendor/model-traits.ts";
import { toolIdRules } from "../vendor/tool-id.ts";
import type { MessagesOptions } from "../wire.ts";

/**
 * Fits a message to its model and to hosts that take a part of the dialect, by the traits that the
 * encoder goes by; what is known of no model stays as it is. Reasoning of other vendors that was
 * sealed for the client is the encoder's to leave out. A schema that the host cannot enforce is
 * emulated, and the answer translated.
 */
export function fitMessages({ body, json }: OriginBody, options: MessagesOptions): Fit {
  if (saysKnobs(json)) {
    const model = servedModel(options);
    const traits = modelTraits(options);
    if (!traits.structuredOutput && hasFormat(json) && !isForeign(model, options))
      return "translated";
    if (isKnownModel(model) && exceeds(json, traits)) return "encoded";
  }
  if (endsInAnswer(json) && refusesPrefill(options)) return "encoded";
  if (!everyId(body, "tool_use_id", toolIdRules.valid)) return "encoded";
  return asBuffer(body).includes(`"${SEAL_PREFIX}`) && holdsSeal(json) ? "encoded" : "as_is";
}

/**
 * Whether an answer stands last that the model is to go on with. One that the vendor paused is gone
 * on with by every model.
 */
function endsInAnswer(json: JsonObject): boolean {
  const last = arrayAt(json, "messages")?.at(-1);
  if (!isObject(last) || last.role !== "assistant") return false;
  const block = Array.isArray(last.content) ? last.content.at(-1) : undefined;
  return !isObject(block) || block.type === "text";
}

function refusesPrefill(options: MessagesOptions): boolean {
  return isKnownModel(servedModel(options)) && !modelTraits(options).prefill;
}

/** A model of another maker, of which no quirk of its host says anything either. */
function isForeign(model: string, { quirks }: MessagesOptions): boolean {
  return !isKnownModel(model) && quirks.structuredOutput === undefined;
}

function saysKnobs({ temperature, top_p, top_k, thinking, output_config }: JsonObject): boolean {
  const knob = temperature ?? top_p ?? top_k ?? thinking ?? output_config;
  return knob !== undefined && knob !== null;
}

function hasFormat(json: JsonObject): boolean {
  return objectAt(objectAt(json, "output_config") ?? {}, "format") !== undefined;
}

function exceeds(json: JsonObject, traits: ModelTraits): boolean {
  const effort = stringAt(objectAt(json, "output_config") ?? {}, "effort");
  if (effort !== undefined && !traits.efforts.includes(effort)) return true;
  return exceedsThinking(json, traits) || exceedsSampling(json, traits);
}

function exceedsThinking(json: JsonObject, traits: ModelTraits): boolean {
  switch (thinkingOf(json)) {
    case "enabled":
      return !traits.budgetThinking;
    case "adaptive":
      return !traits.adaptiveThinking;
    case "disabled":
      return traits.alwaysThinks;
    default:
      return false;
  }
}

function exceedsSampling(json: JsonObject, traits: ModelTraits): boolean {
  const { temperature, top_p, top_k } = json;
  const [warm, nucleus, top] = [isNumber(temperature), isNumber(top_p), isNumber(top_k)];
  if (!traits.samplingKnobs) return warm || nucleus || top;
  if (warm && nucleus && !traits.temperatureWithTopP) return true;
  const type = thinkingOf(json);
  const thinks = type === "enabled" || type === "adaptive";
  return thinks && (top || (warm && temperature !== 1));
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

function thinkingOf(json: JsonObject): string {
  return stringAt(objectAt(json, "thinking") ?? {}, "type") ?? "";
}

function holdsSeal(json: JsonObject): boolean {
  return (arrayAt(json, "messages") ?? []).some((turn) => {
    const blocks = isObject(turn) ? arrayAt(turn, "content") : undefined;
    return blocks?.some((block) => unsealBlock(block) !== undefined) === true;
  });
}
