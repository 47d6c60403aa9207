import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type ConfigViolation,
  ConfigViolationSchema,
  GetConfigResponseSchema,
  ValidateConfigResponseSchema,
} from "../../../gen/parlance/admin/v1/config_service_pb.js";
import type { LoadResult } from "../../config/loading/load-config.ts";
import type { Settings } from "../../config/settings.ts";
import type { Violation } from "../../config/violation.ts";
import type { ConfigDirectory } from "../../edge/gateway-api.ts";

/** Where the configuration in force comes from, and how the last reload went. */
export interface ConfigHistory {
  readonly loadedAtMs: number;
  /** Empty: made from the environment. */
  readonly file: string;
  readonly warnings: readonly Violation[];
  /** Why the last reload was refused. Undefined: it was not. */
  readonly refused?: { readonly atMs: number; readonly violations: readonly Violation[] };
}

/** What the configuration in force is read from. */
export interface ConfigDirectoryOptions {
  readonly settings: () => Settings;
  readonly history: () => ConfigHistory;
  readonly load: (text: string, lookUps: boolean) => Promise<LoadResult>;
  /** The version of the store that is in force; 0: none is. */
  readonly version: () => number;
}

/**
 * The configuration in force, as ConfigService tells it. `load` checks a text as a start with it
 * would. Where nobody needs a key, anybody may have a text checked: nothing that it names is looked
 * up, for the answer would tell what files there are.
 */
export function createConfigDirectory({
  settings,
  history,
  load,
  version,
}: ConfigDirectoryOptions): Pick<ConfigDirectory, "get" | "validate"> {
  return {
    get: () => {
      const { loadedAtMs, file, warnings, refused } = history();
      return create(GetConfigResponseSchema, {
        config: settings().config,
        hash: settings().hash,
        loadedAt: timestampFromMs(loadedAtMs),
        file,
        version: version(),
        etag: String(version()),
        warnings: describeViolations(warnings),
        lastReloadViolations: describeViolations(refused?.violations ?? []),
        ...(refused === undefined ? {} : { lastReloadFailedAt: timestampFromMs(refused.atMs) }),
      });
    },
    validate: async (text) => {
      const result = await load(text, settings().auth.required);
      return result.ok
        ? create(ValidateConfigResponseSchema, {
            warnings: describeViolations(result.warnings),
            hash: result.settings.hash,
          })
        : create(ValidateConfigResponseSchema, {
            violations: describeViolations(result.violations),
          });
    },
  };
}

/** The most that the contract lets one answer hold. */
const maxViolations = 10_000;

/** Violations as the contract has them. */
export function describeViolations(violations: readonly Violation[]): ConfigViolation[] {
  return violations
    .slice(0, maxViolations)
    .map((violation) => create(ConfigViolationSchema, { ...violation }));
}
