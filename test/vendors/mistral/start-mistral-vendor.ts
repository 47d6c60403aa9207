import { asArray, asObject, asString, type Json, type JsonObject } from "../json-value.ts";
import {
  type AnswerRequest,
  startVendorServer,
  type Vendor,
  type VendorOptions,
} from "../start-vendor-server.ts";
import { countTokens } from "../text-pieces.ts";
import type { VendorReply } from "../vendor-reply.ts";

/** The members of each request, with what they must be. */
const schemas: Readonly<Record<string, Readonly<Record<string, (value: Json) => boolean>>>> = {
  "/v1/moderations": { model: isText, input: isInput },
};

/**
 * Starts a simulated Mistral AI: POST /v1/moderations. Unknown members are refused, as there
 * (https://docs.mistral.ai/api, 2026-11).
 */
export function startMistralVendor(options: VendorOptions = {}): Promise<Vendor> {
  const answer: AnswerRequest = ({ method, path, headers, json }, _scenario, ordinal) => {
    if (!/^Bearer .+$/.test(headers.authorization ?? ""))
      return jsonReply(401, { detail: "Unauthorized" });
    const schema = method === "POST" ? schemas[path] : undefined;
    if (schema === undefined) return jsonReply(404, { detail: "Not Found" });
    const body = asObject(json) ?? {};
    const faults = faultsOf(schema, body);
    if (faults.length > 0) return jsonReply(422, { detail: faults });
    return jsonReply(200, moderate(body, ordinal));
  };
  return startVendorServer(answer, options);
}

function faultsOf(
  schema: Readonly<Record<string, (value: Json) => boolean>>,
  body: JsonObject,
): readonly Json[] {
  const wrong = Object.entries(schema).flatMap(([name, isValid]) => {
    const value = body[name];
    const type = value === undefined ? "missing" : isValid(value) ? undefined : "value_error";
    return type === undefined ? [] : [{ type, loc: ["body", name], msg: `${name} is ${type}` }];
  });
  const extra = Object.keys(body).filter((name) => schema[name] === undefined);
  return [
    ...wrong,
    ...extra.map((name) => ({
      type: "extra_forbidden",
      loc: ["body", name],
      msg: "not permitted",
    })),
  ];
}

/** Results say nothing of an input as a whole. */
function moderate(body: JsonObject, ordinal: number): Json {
  const texts = typeof body.input === "string" ? [body.input] : asArray(body.input);
  const tokens = texts.reduce<number>((sum, text) => sum + countTokens(asString(text) ?? ""), 0);
  return {
    id: `mod-${ordinal}`,
    model: asString(body.model) ?? "",
    usage: { prompt_tokens: tokens, completion_tokens: 0, total_tokens: tokens },
    results: texts.map((text) => {
      const flagged = (asString(text) ?? "").includes("kill");
      return {
        categories: { sexual: false, violence_and_threats: flagged },
        category_scores: { sexual: 0.125, violence_and_threats: flagged ? 0.875 : 0.25 },
      };
    }),
  };
}

function isText(value: Json): boolean {
  return typeof value === "string" && value !== "";
}

function isInput(value: Json): boolean {
  const items = asArray(value);
  return (
    typeof value === "string" || (items.length > 0 && items.every((one) => typeof one === "string"))
  );
}

function jsonReply(status: number, body: Json): VendorReply {
  return {
    status,
    headers: { "content-type": "application/json" },
    frames: [Buffer.from(JSON.stringify(body))],
    ending: "end",
  };
}
