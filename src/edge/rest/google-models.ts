import type { Model } from "../../../gen/parlance/admin/v1/model_pb.js";
import type { Principal } from "../../core/call.ts";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { Engine, ListedModel } from "../gateway-api.ts";
import type { Exchange } from "../http/exchange.ts";
import { unknownModel } from "./models-route.ts";
import { decodePathSegment } from "./rest-route.ts";

const path = /^\/v1(beta1?|alpha)?\/models(?:\/(.+))?$/;
const json = ["content-type", "application/json"] as const;

/**
 * Whether Google's clients ask for models. At `/v1`, where they ask beside OpenAI's and
 * Anthropic's, they are known by the header of their key.
 */
export function asksGoogleModels(exchange: Exchange): boolean {
  const found = path.exec(exchange.path);
  return (
    found !== null && (found[1] !== undefined || exchange.header("x-goog-api-key") !== undefined)
  );
}

/**
 * Answers `GET /v1beta/models` and `GET /v1beta/models/{model}`, and the same of `/v1`, in Google's
 * words, with the limits that are known of a model. See https://ai.google.dev/api/models.
 */
export async function serveGoogleModels(
  exchange: Exchange,
  principal: Principal,
  engine: Engine,
): Promise<void> {
  const [, , segment] = path.exec(exchange.path) ?? [];
  if (segment === undefined) {
    const { models, nextPageToken } = pageOf(engine.models.list(principal), exchange.query);
    const described = models.map((model) => model.describe());
    const listed = (await engine.models.withFacts(described)).map(googleModel);
    exchange.respond(200, json, JSON.stringify({ models: listed, nextPageToken }));
    return;
  }
  const name = decodePathSegment(segment);
  const found = name === undefined ? undefined : engine.models.get(principal, name);
  if (found === undefined) throw unknownModel(name ?? segment);
  const [model = found] = await engine.models.withFacts([found]);
  exchange.respond(200, json, JSON.stringify(googleModel(model)));
}

/**
 * `pageSize` is 50 by default, at most 1000; a page's token is the name of the last model of the
 * page before.
 */
function pageOf(
  models: readonly ListedModel[],
  query: string,
): { models: readonly ListedModel[]; nextPageToken?: string } {
  const parameters = new URLSearchParams(query);
  const token = parameters.get("pageToken") ?? "";
  const start = token === "" ? 0 : models.findIndex((model) => model.name === token) + 1;
  if (token !== "" && start === 0)
    throw new GatewayError(invalidField("pageToken", "is not the token of a page"));
  const size = Math.min(1000, Math.max(1, Number(parameters.get("pageSize") ?? 50) || 50));
  const page = models.slice(start, start + size);
  const last = page.at(-1);
  return last === undefined || start + size >= models.length
    ? { models: page }
    : { models: page, nextPageToken: last.name };
}

const methods: Readonly<Record<string, readonly string[]>> = {
  chat: ["generateContent", "streamGenerateContent", "countTokens"],
  embed: ["embedContent", "batchEmbedContents"],
};

function googleModel({ name, description, deployments, facts }: Model): object {
  const operations = new Set(deployments.flatMap((deployment) => deployment.operations));
  return {
    name: `models/${name}`,
    displayName: name,
    ...(description === "" ? {} : { description }),
    ...(facts?.contextWindow === undefined
      ? {}
      : { inputTokenLimit: facts.maxInputTokens ?? facts.contextWindow }),
    ...(facts?.maxOutputTokens === undefined ? {} : { outputTokenLimit: facts.maxOutputTokens }),
    supportedGenerationMethods: [...operations].flatMap((operation) => methods[operation] ?? []),
  };
}
