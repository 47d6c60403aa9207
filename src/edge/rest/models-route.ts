import type { Principal } from "../../core/call.ts";
import type { Engine } from "../gateway-api.ts";
import type { Exchange } from "../http/exchange.ts";
import { clientDialect } from "./client-dialect.ts";
import { findModel, listedModels } from "./listed-models.ts";
import { anthropicModels } from "./lists/anthropic-models.ts";
import { bedrockModel, foundationModels, inferenceProfiles } from "./lists/aws-models.ts";
import { cohereModels } from "./lists/cohere-models.ts";
import { googleModels } from "./lists/google-models.ts";
import type { ModelFormat } from "./lists/model-format.ts";
import { openAiModels } from "./lists/openai-models.ts";
import { decodePathSegment, withoutVersion } from "./rest-route.ts";

/** Answers a request for models. */
export type ServeModels = (principal: Principal) => Promise<void>;

const json = ["content-type", "application/json"] as const;

/**
 * What answers `GET /v1/models` and `GET /v1/models/{id}`, and the same of Google's and AWS's paths, in
 * the format of the client that asks; undefined for other paths.
 */
export function modelsRoute(exchange: Exchange, engine: Engine): ServeModels | undefined {
  const path = withoutVersion(exchange.path);
  const [, list = "", segment] = PATH.exec(path) ?? AWS_PATH.exec(path) ?? [];
  if (segment === undefined) return undefined;
  const format = formatOf(exchange, list);
  return async (principal) => {
    const send = (body: object) => exchange.respond(200, json, JSON.stringify(body));
    if (segment !== "") {
      const name = decodePathSegment(segment) ?? segment;
      const model = await findModel(engine, principal, bedrockModel(name));
      return send((format.alone ?? format.model)(model));
    }
    const { models, members } = format.page(
      listedModels(engine, principal),
      new URLSearchParams(exchange.query),
    );
    const described = models.map((model) => model.describe());
    const known = format.listsFacts ? await engine.models.withFacts(described) : described;
    send({ ...members, [format.listed]: known.map(format.model) });
  };
}

const PATH = /^(?:\/v1(?:beta1?|alpha))?\/(models)\/?(.*)$/s;
const AWS_PATH = /^\/(foundation-models|inference-profiles)\/?(.*)$/s;

function formatOf(exchange: Exchange, list: string): ModelFormat {
  switch (clientDialect(exchange)) {
    case "bedrock-converse":
      return list === "inference-profiles" ? inferenceProfiles : foundationModels;
    case "anthropic-messages":
      return anthropicModels;
    case "gemini":
      return googleModels;
    case "cohere":
      return cohereModels;
    default:
      return openAiModels;
  }
}
