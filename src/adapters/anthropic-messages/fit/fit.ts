import type { OriginBody } from "../../../core/dialect.ts";
import type { Fit } from "../../../core/fidelity/fit.ts";
import { servedModel } from "../../../core/target/served-model.ts";
import { prefillOf } from "../../../core/traits/body-prefill.ts";
import {
  arrayAt,
  asBuffer,
  isObject,
  type Json,
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
  const model = servedModel(options);
  const known = isKnownModel(model);
  if (saysKnobs(json) && (known || hasFormat(json))) {
    const traits = modelTraits(options);
    if (!traits.structuredOutput && hasFormat(json) && !isForeign(model, options))
      return "translated";
    if (known && exceeds(json, traits)) return "encoded";
  }
  if (!everyId(json.messages, "tool_use_id", toolIdRules.valid)) return "encoded";
  if (!endsWell(json) || asBuffer(body).includes('"image/jpg"')) return "encoded";
  if (!pairsCalls(json)) return "encoded";
  return holdsSeal(json) ? "encoded" : "as_is";
}

/**
 * Whether every call has its result in the next message, and every result its call in the one
 * before: the vendor refuses others. Calls that stand last wait.
 */
function pairsCalls(json: JsonObject): boolean {
  // A thread of the vendor's holds the calls that the body's results answer.
  if ((json.thread ?? null) !== null) return true;
  let open = none;
  for (const message of arrayAt(json, "messages") ?? []) {
    const { role, content } = isObject(message) ? message : {};
    const blocks = Array.isArray(content) ? content : [];
    const results = role === "user" ? idsOf(blocks, "tool_result", "tool_use_id") : none;
    if (!areSame(results, open)) return false;
    open = role === "user" ? none : idsOf(blocks, "tool_use", "id");
  }
  return true;
}

function areSame(ids: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  return ids.size === others.size && [...ids].every((id) => others.has(id));
}

const none: ReadonlySet<string> = new Set();

function idsOf(blocks: readonly Json[], type: string, member: string): ReadonlySet<string> {
  let ids: Set<string> | undefined;
  for (const block of blocks) {
    if (!isObject(block) || block.type !== type) continue;
    ids ??= new Set();
    ids.add(stringAt(block, member) ?? "");
  }
  return ids ?? none;
}

/** White space at the end of an answer to be gone on with is refused. */
function endsWell(json: JsonObject): boolean {
  const prefill = prefillOf(json);
  return prefill === undefined || prefill.trimEnd() === prefill;
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
    return blocks?.some((block) => unsealBlock(block) !== undefined || citesOthers(block)) === true;
  });
}

/** Whether a text cites pages that another vendor found. */
function citesOthers(block: Json): boolean {
  const citations = isObject(block) && block.type === "text" ? arrayAt(block, "citations") : [];
  return (
    citations?.some(
      (each) => isObject(each) && stringAt(each, "encrypted_index")?.startsWith(SEAL_PREFIX),
    ) === true
  );
}
