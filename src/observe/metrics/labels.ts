import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Settings } from "../../config/settings.ts";
import type { AttemptRecord } from "../../core/attempt-record.ts";
import type { Fault } from "../../core/faults/fault.ts";
import type { CallRecord } from "../../core/ledger/call-record.ts";
import { BoundedNames } from "../../core/metrics/bounded-names.ts";
import type { Target } from "../../core/target/target.ts";

/** Stands for models that there are not. */
export const UNKNOWN = "_unknown";

/** The values of labels that callers have a part in, within bounds. */
export interface Labels {
  /** The model that a call names: `_unknown` for one that there is not, `_other` for one of many. */
  readonly model: (record: Pick<CallRecord, "model" | "attempts" | "fault">) => string;
  /** `provider/model`, likewise. */
  readonly target: (attempt: Pick<AttemptRecord, "target" | "fault">) => string;
}

/** Makes the values of labels by the settings in force. */
export function createLabels(settings: () => Settings): Labels {
  const models = new BoundedNames();
  const targets = new BoundedNames();
  const isModel = (name: string) => settings().models.has(name) || settings().aliases.has(name);
  const isTarget = createTargetNames(settings);
  const names = new WeakMap<Target, string>();
  return {
    model({ model, attempts, fault }) {
      const missing = attempts.length === 0 || isMissing(fault);
      return missing && !isModel(model) ? UNKNOWN : models.of(model, isModel);
    },
    target({ target, fault }) {
      const known = names.get(target);
      if (known !== undefined) return known;
      const full = `${target.provider}/${target.model}`;
      if (isMissing(fault) && !isTarget(full)) return UNKNOWN;
      const name = targets.of(full, isTarget);
      names.set(target, name);
      return name;
    },
  };
}

/** Whether somebody says that there is no such model. */
function isMissing(fault: Fault | undefined): boolean {
  const reason = fault?.reason;
  return reason === ErrorReason.UNKNOWN_MODEL || reason === ErrorReason.UPSTREAM_NOT_FOUND;
}

/** Says whether models of the settings in force have a target of a name. */
function createTargetNames(settings: () => Settings): (name: string) => boolean {
  let known: { readonly settings: Settings; readonly names: ReadonlySet<string> } | undefined;
  return (name) => {
    const current = settings();
    if (known?.settings !== current)
      known = { settings: current, names: new Set(targetNamesOf(current)) };
    return known.names.has(name);
  };
}

/** `provider/model` of every target of the settings. */
export function* targetNamesOf({ models }: Settings): Generator<string, void> {
  for (const { targets, experiment } of models.values()) {
    for (const { provider, model } of targets) yield `${provider}/${model}`;
    for (const arm of experiment?.arms ?? [])
      for (const { provider, model } of arm.targets ?? []) yield `${provider}/${model}`;
  }
}
