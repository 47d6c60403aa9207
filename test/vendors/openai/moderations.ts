import {
  asArray,
  asObject,
  asObjects,
  asString,
  type Json,
  type JsonObject,
} from "../json-value.ts";
import type { VendorReply } from "../vendor-reply.ts";
import { invalidRequest, type OpenAiError } from "./error-reply.ts";
import { openAiHeaders } from "./response-headers.ts";

/** Models that moderate, and whether they take pictures. */
const models: ReadonlyMap<string, boolean> = new Map([
  ["omni-moderation-latest", true],
  ["omni-moderation-2024-09-26", true],
  ["text-moderation-latest", false],
]);

/** The categories of OpenAI, each with the word that this simulation flags. */
const categories: readonly (readonly [name: string, word: string])[] = [
  ["harassment", "idiot"],
  ["self-harm/intent", "suicide"],
  ["violence", "kill"],
];

/**
 * The fault OpenAI finds in a request for moderations, or undefined.
 * https://platform.openai.com/docs/api-reference/moderations/create (2026-11)
 */
export function validateModeration(body: JsonObject): OpenAiError | undefined {
  const unknown = Object.keys(body).find((key) => key !== "model" && key !== "input");
  if (unknown !== undefined)
    return invalidRequest(`Unrecognized request argument supplied: ${unknown}`);
  const model = asString(body.model) ?? "omni-moderation-latest";
  const pictures = models.get(model);
  if (pictures === undefined)
    return invalidRequest(`The model '${model}' does not exist`, "model", "model_not_found");
  const inputs = inputsOf(body.input);
  if (inputs === undefined) return invalidRequest("'$.input' is invalid.", "input");
  const shown = inputs.flat().some((part) => part.type === "image_url");
  return shown && !pictures ? invalidRequest(`${model} takes no image input`, "input") : undefined;
}

/** The reply to a valid request: a result for each text, or one for all parts. */
export function moderationReply(body: JsonObject, ordinal: number): VendorReply {
  const reply = {
    id: `modr-${ordinal}`,
    model: asString(body.model) ?? "omni-moderation-latest",
    results: (inputsOf(body.input) ?? []).map(judge),
  };
  return {
    status: 200,
    headers: openAiHeaders(ordinal),
    frames: [Buffer.from(JSON.stringify(reply, null, 2))],
    ending: "end",
  };
}

function judge(parts: readonly JsonObject[]) {
  const said = parts.map(({ text }) => asString(text) ?? "").join(" ");
  const kinds = parts.some(({ type }) => type === "image_url") ? ["text", "image"] : ["text"];
  const flags = categories.map(([name, word]) => [name, said.includes(word)] as const);
  return {
    flagged: flags.some(([, flagged]) => flagged),
    categories: Object.fromEntries(flags),
    category_scores: Object.fromEntries(flags.map(([name, on]) => [name, on ? 0.9375 : 0.0625])),
    category_applied_input_types: Object.fromEntries(flags.map(([name]) => [name, kinds])),
  };
}

/** The inputs, each with its parts; undefined where they are of another kind. */
function inputsOf(input: Json | undefined): readonly (readonly JsonObject[])[] | undefined {
  if (typeof input === "string") return [[{ type: "text", text: input }]];
  const items = asArray(input);
  if (items.length === 0) return undefined;
  if (items.every((item) => typeof item === "string"))
    return items.map((text) => [{ type: "text", text }]);
  const parts = asObjects(input);
  return parts.length === items.length && parts.every(isPart) ? [parts] : undefined;
}

function isPart({ type, text, image_url: image, ...others }: JsonObject): boolean {
  if (Object.keys(others).length > 0) return false;
  if (type === "text") return typeof text === "string" && image === undefined;
  const { url, ...rest } = asObject(image) ?? {};
  const valid = /^(?:https?:\/\/|data:image\/)/.test(asString(url) ?? "");
  return type === "image_url" && text === undefined && valid && Object.keys(rest).length === 0;
}
