import type { Model } from "../../../gen/parlance/admin/v1/model_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Principal } from "../../core/call.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { Engine, ListedModel } from "../gateway-api.ts";
import type { Exchange } from "../http/exchange.ts";
import { decodePathSegment } from "./rest-route.ts";

const json = ["content-type", "application/json"] as const;

/**
 * Answers `GET /v1/models` and `GET /v1/models/{id}` in OpenAI's format, or in Anthropic's where
 * the client sends `anthropic-version` as its SDK does. `path` is without its version.
 */
export function serveModels(
  exchange: Exchange,
  path: string,
  principal: Principal,
  engine: Engine,
): void {
  const anthropic = exchange.header("anthropic-version") !== undefined;
  if (path === "/models") {
    const models = engine.models.list(principal);
    const list = anthropic
      ? anthropicList(models, exchange.query)
      : { object: "list", data: models.map((model) => openAiModel(model.describe())) };
    exchange.respond(200, json, JSON.stringify(list));
    return;
  }
  const name = decodePathSegment(path.slice("/models/".length));
  const model = name === undefined ? undefined : engine.models.get(principal, name);
  if (model === undefined) throw unknownModel(name ?? path);
  exchange.respond(
    200,
    json,
    JSON.stringify(anthropic ? anthropicModel(model) : openAiModel(model)),
  );
}

/**
 * https://platform.openai.com/docs/api-reference/models/object; when a model was made is not known
 * here.
 */
function openAiModel(model: Model): object {
  return {
    id: model.name,
    object: "model",
    created: 0,
    owned_by: model.deployments[0]?.provider ?? "parlance",
  };
}

/** https://docs.anthropic.com/en/api/models-list */
function anthropicModel(model: Model): object {
  const displayName = model.description === "" ? model.name : model.description;
  return {
    type: "model",
    id: model.name,
    display_name: displayName,
    created_at: "1970-01-01T00:00:00Z",
  };
}

/** One page: `after_id`, `before_id` and `limit` (1 to 1000, default 20) as at Anthropic. */
function anthropicList(models: readonly ListedModel[], query: string): object {
  const parameters = new URLSearchParams(query);
  const limit = Math.min(1000, Math.max(1, Number(parameters.get("limit") ?? 20) || 20));
  const after = models.findIndex((model) => model.name === parameters.get("after_id"));
  const before = models.findIndex((model) => model.name === parameters.get("before_id"));
  const range = models.slice(after + 1, before < 0 ? models.length : before);
  const page = before < 0 ? range.slice(0, limit) : range.slice(-limit);
  return {
    data: page.map((model) => anthropicModel(model.describe())),
    has_more: page.length < range.length,
    first_id: page[0]?.name ?? null,
    last_id: page.at(-1)?.name ?? null,
  };
}

/** The refusal of a model that there is not, or not for this key. */
export function unknownModel(name: string): GatewayError {
  return new GatewayError({
    reason: ErrorReason.UNKNOWN_MODEL,
    message: `there is no model ${name} that this key may use`,
  });
}
