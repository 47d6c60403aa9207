import { create } from "@bufbuild/protobuf";
import { GuardSchema } from "../../../gen/parlance/guard/v1/guard_spec_pb.js";
import type { Settings } from "../../config/settings.ts";
import { actionNames, outcomeOf, stagesOf } from "../../core/guard/guard-report.ts";
import { snakeCase } from "../../core/names/snake-case.ts";
import type { Engine } from "../../edge/gateway-api.ts";

/** Tells which guards there are. */
export function createGuardDirectory(settings: () => Settings): Engine["guards"] {
  return () =>
    settings().guards.map(({ settings: guard, version }) =>
      create(GuardSchema, {
        name: guard.name,
        kind: snakeCase(guard.check.case ?? ""),
        version,
        stages: [...stagesOf(guard.stages)],
        action: outcomeOf[actionNames[guard.action]],
        default: guard.default,
        besideModel: guard.besideModel,
      }),
    );
}
