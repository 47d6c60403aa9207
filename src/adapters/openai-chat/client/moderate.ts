import type {
  Moderation,
  ModerationCategory,
  ModerationInput,
  ModerationPart,
  ModerationResult,
  ModerationSpec,
} from "../../../../gen/parlance/moderation/v1/moderation_pb.js";
import type { Decoded, FacadeContext } from "../../../core/dialect.ts";
import { isObject, type Json, type JsonObject } from "../../../json/json.ts";
import { type Writable, writeJson } from "../../../json/write.ts";
import { noteUnknown, takeExtras } from "../../shared/notes/unknown-members.ts";
import {
  at,
  type Cursor,
  elements,
  openRequest,
  outcome,
  problem,
  requiredName,
  requiredString,
} from "../../shared/request-cursor.ts";
import { encodeUsage } from "../usage.ts";
import { type Draft, NAME } from "../wire.ts";
import { decodeImage } from "./content.ts";
import { addAnswerExtras } from "./response.ts";

/**
 * The model of requests that name none
 * (https://platform.openai.com/docs/api-reference/moderations/create).
 */
export const DEFAULT_MODERATION_MODEL = "omni-moderation-latest";

const known = new Set(["model", "input"]);
const textMembers = new Set(["type", "text"]);
const imageMembers = new Set(["type", "image_url"]);

/** Reads a request for moderations. All that is wrong is reported at once. */
export function decodeModerateRequest(json: JsonObject, body: Uint8Array): Decoded<ModerationSpec> {
  const cursor = openRequest(json, body);
  const named = at(cursor, "model") !== undefined;
  const spec: ModerationSpec = {
    $typeName: "parlance.moderation.v1.ModerationSpec",
    model: named ? requiredName(cursor, "model") : DEFAULT_MODERATION_MODEL,
    inputs: decodeInputs(at(cursor, "input") ?? { ...cursor, json: null, path: "input" }),
    extrasJson: {},
  };
  noteUnknown(cursor, known);
  spec.extrasJson = takeExtras(cursor, NAME, 0);
  return outcome(cursor, spec);
}

/** A text, a list of texts, or a list of parts, which are one input. */
function decodeInputs(cursor: Cursor<Json>): ModerationInput[] {
  const { json } = cursor;
  if (typeof json === "string") return [inputOf([textPart(json)])];
  if (!isArray(json) || json.length === 0) {
    problem(cursor, "", "must be a string, or a non-empty array of strings or of parts");
    return [];
  }
  if (json.every((item) => typeof item === "string"))
    return json.map((text) => inputOf([textPart(text)]));
  return [inputOf(elements({ ...cursor, json }).flatMap(decodePart))];
}

function isArray(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}

function decodePart(element: Cursor<Json>): ModerationPart[] {
  const { json } = element;
  if (!isObject(json)) {
    problem(element, "", "must be a string, like all others, or a part with a type");
    return [];
  }
  const cursor = { ...element, json };
  switch (json.type) {
    case "text":
      noteUnknown(cursor, textMembers);
      return [textPart(requiredString(cursor, "text"))];
    case "image_url":
      noteUnknown(cursor, imageMembers);
      return [{ $typeName: "parlance.moderation.v1.ModerationPart", part: decodeImage(cursor) }];
    default:
      problem(cursor, "type", "must be one of text, image_url");
      return [];
  }
}

function textPart(value: string): ModerationPart {
  return { $typeName: "parlance.moderation.v1.ModerationPart", part: { case: "text", value } };
}

function inputOf(parts: ModerationPart[]): ModerationInput {
  return { $typeName: "parlance.moderation.v1.ModerationInput", parts };
}

/** Moderations as OpenAI's clients expect them; usage where the vendor tells it. */
export function encodeModerateResponse(result: ModerationResult, context: FacadeContext): string {
  const draft: Draft = {
    id: result.id === "" ? `modr-${context.callId}` : result.id,
    model: result.model === "" ? context.model : result.model,
    results: result.results.map(encodeModeration),
    usage: result.usage === undefined ? undefined : encodeUsage(result.usage),
  };
  addAnswerExtras(draft, result.extrasJson[NAME]);
  return writeJson(draft);
}

function encodeModeration({ flagged, categories }: Moderation): Draft {
  const kinds = byName(categories, ({ appliedInputTypes }) => appliedInputTypes);
  return {
    flagged,
    categories: byName(categories, (category) => category.flagged ?? false),
    category_scores: byName(categories, ({ score }) => score),
    category_applied_input_types: categories.some((one) => one.appliedInputTypes.length > 0)
      ? kinds
      : undefined,
  };
}

function byName(
  categories: readonly ModerationCategory[],
  value: (category: ModerationCategory) => Writable,
): Draft {
  return Object.fromEntries(categories.map((category) => [category.name, value(category)]));
}
