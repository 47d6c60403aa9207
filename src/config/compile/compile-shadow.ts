import { createHash } from "node:crypto";
import { toJson } from "@bufbuild/protobuf";
import { ShadowSchema } from "../../../gen/parlance/config/v1/shadow_pb.js";
import { parseUsd } from "../../core/facts/nano-usd.ts";
import { type ConfigScope, inElement, inField, problem } from "../config-scope.ts";
import { type FilledModel, shadowDefaults } from "../defaults.ts";
import type { ConfiguredShadow } from "../settings.ts";

/** Models whose calls are copied, of each of which results are kept in memory. */
export const maxShadows = 100;

/** Compiles the shadow of a model; undefined where it has none. */
export function compileShadow(
  { name, shadow }: FilledModel,
  checkReference: (name: string, scope: ConfigScope) => void,
  scope: ConfigScope,
): ConfiguredShadow | undefined {
  if (shadow === undefined) return undefined;
  const at = inField(scope, "model");
  if (shadow.model === name)
    problem(at, {
      message: "is the model itself",
      hint: "name another model, or provider/model",
      ruleId: "shadow_model",
    });
  else if (shadow.model !== "") checkReference(shadow.model, at);
  const { maxConcurrent, maxUsdPerDay, maxUnpricedCallsPerDay } = shadow;
  return {
    of: name,
    version: createHash("sha256")
      .update(JSON.stringify(toJson(ShadowSchema, shadow)))
      .digest("hex"),
    model: shadow.model,
    percent: shadow.percent,
    maxConcurrent: maxConcurrent ?? shadowDefaults.maxConcurrent,
    maxNanoUsdPerDay:
      parseUsd(maxUsdPerDay === "" ? shadowDefaults.maxUsdPerDay : maxUsdPerDay) ?? 0n,
    maxUnpricedPerDay: maxUnpricedCallsPerDay ?? shadowDefaults.maxUnpricedCallsPerDay,
    keepText: shadow.keepText,
  };
}

/** Reports more shadows than results are kept of. */
export function checkShadowCount(models: readonly FilledModel[], scope: ConfigScope): void {
  let count = 0;
  for (const [index, { shadow }] of models.entries()) {
    if (shadow === undefined) continue;
    count += 1;
    if (count === maxShadows + 1)
      problem(inField(inElement(scope, index), "shadow"), {
        message: `more than ${maxShadows} models have a shadow`,
        hint: "take those out whose results are known",
        ruleId: "shadow_count",
      });
  }
}
