import type { Settings } from "../../config/settings.ts";
import type { Layer } from "../../core/call.ts";
import type { Stage } from "../../core/compose.ts";
import { fillParameters } from "./change-parameters.ts";
import { withReport } from "./with-report.ts";

/** The stage of the layer below; undefined where no key can have defaults. */
export function defaultParametersPolicy({ config, store }: Settings): Stage | undefined {
  const none = config.keys.every(({ defaultParameters }) => defaultParameters === undefined);
  if (none && store === undefined) return undefined;
  return {
    name: "default_parameters",
    layer: fillDefaults,
    plan: (call) => fillParameters(call, call.principal?.defaults ?? []),
  };
}

/** Fills in the parameters of a chat that its key has defaults for. */
export const fillDefaults: Layer = (next) => (call) => {
  const defaults = call.principal?.defaults;
  if (defaults === undefined) return next(call);
  const { call: filled, report } = fillParameters(call, defaults);
  const reply = next(filled);
  return report.length === 0 ? reply : withReport(reply, report);
};
