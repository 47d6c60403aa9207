import type { Model } from "../../../gen/parlance/admin/v1/model_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Principal } from "../../core/call.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { isWildcard } from "../../core/names/name-pattern.ts";
import type { Engine, ListedModel } from "../gateway-api.ts";

/**
 * The models that a caller may name, ordered by name. Patterns stand for others and are none: a
 * client would offer them, and call them.
 */
export function listedModels(engine: Engine, principal: Principal): readonly ListedModel[] {
  return engine.models.list(principal).filter(({ name }) => !isWildcard(name));
}

/** A model with what is known of it; throws UNKNOWN_MODEL. */
export async function findModel(
  engine: Engine,
  principal: Principal,
  name: string,
): Promise<Model> {
  const found = engine.models.get(principal, name);
  if (found === undefined) throw unknownModel(name);
  const [model = found] = await engine.models.withFacts([found]);
  return model;
}

/** The refusal of a model that there is not, or not for this key. */
function unknownModel(name: string): GatewayError {
  return new GatewayError({
    reason: ErrorReason.UNKNOWN_MODEL,
    message: `there is no model ${name} that this key may use`,
    fields: [{ field: "model", message: "no such model is configured" }],
  });
}
