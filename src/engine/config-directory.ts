import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type ConfigViolation,
  ConfigViolationSchema,
  GetConfigResponseSchema,
  ValidateConfigResponseSchema,
} from "../../gen/parlance/admin/v1/config_service_pb.js";
import type { LoadResult } from "../config/load-config.ts";
import type { Plan } from "../config/plan.ts";
import type { Violation } from "../config/violation.ts";
import type { ConfigDirectory } from "../edge/engine.ts";

/** Where the configuration in force comes from, and how the last reload went. */
export interface ConfigHistory {
  readonly loadedAtMs: number;
  /** Empty: made from the environment. */
  readonly file: string;
  readonly warnings: readonly Violation[];
  /** Why the last reload was refused. Undefined: it was not. */
  readonly refused?: { readonly atMs: number; readonly violations: readonly Violation[] };
}

/** The configuration in force, as ConfigService tells it. `load` checks a text as a start with it would. */
export function createConfigDirectory(
  plan: () => Plan,
  history: () => ConfigHistory,
  load: (text: string) => LoadResult,
): ConfigDirectory {
  return {
    get: () => {
      const { loadedAtMs, file, warnings, refused } = history();
      return create(GetConfigResponseSchema, {
        config: plan().config,
        hash: plan().hash,
        loadedAt: timestampFromMs(loadedAtMs),
        file,
        warnings: warnings.map(told),
        lastReloadViolations: (refused?.violations ?? []).map(told),
        ...(refused === undefined ? {} : { lastReloadFailedAt: timestampFromMs(refused.atMs) }),
      });
    },
    validate: (text) => {
      const result = load(text);
      return result.ok
        ? create(ValidateConfigResponseSchema, { warnings: result.warnings.map(told), hash: result.plan.hash })
        : create(ValidateConfigResponseSchema, { violations: result.violations.map(told) });
    },
  };
}

function told(violation: Violation): ConfigViolation {
  return create(ConfigViolationSchema, { ...violation });
}
