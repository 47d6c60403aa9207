import {
  GuardFailure,
  GuardStream,
  UnreadableParts,
} from "../../gen/parlance/config/v1/guard_pb.js";
import type { ConfiguredGuard } from "../config/settings.ts";
import type { Guard, GuardCheck } from "../core/guard/guard.ts";
import { actionNames, stageNames, stagesOf } from "../core/guard/guard-report.ts";
import { snakeCase } from "../core/names/snake-case.ts";
import { durationMs } from "../core/time/duration-ms.ts";
import { createDetector, isLocalCheck } from "./detectors/create-detector.ts";
import { SettingFault } from "./detectors/setting-fault.ts";
import { answerRepair } from "./detectors/whole/json-detectors.ts";
import type { DetectorHooks } from "./detectors/whole/whole-detectors.ts";
import { createAsk } from "./services/create-ask.ts";
import type { GuardPorts } from "./services/ports.ts";

/** How long a service may take where the config does not say, in milliseconds. */
const defaultTimeoutMs = 5_000;

/** Makes the guards of the config ready to check, by name. Nothing is sent yet. */
export function readyGuards(
  guards: readonly ConfiguredGuard[],
  ports: GuardPorts,
  hooks: Partial<DetectorHooks>,
): ReadonlyMap<string, Guard> {
  return new Map(guards.map((one) => [one.settings.name, readyGuard(one, ports, hooks)]));
}

/** What is wrong with the settings of a guard that looks by itself; undefined: nothing. */
export function findSettingFault(
  { settings: { check } }: ConfiguredGuard,
  hooks: Partial<DetectorHooks>,
): { readonly field: string; readonly message: string } | undefined {
  if (!isLocalCheck(check)) return undefined;
  try {
    createDetector(check, hooks);
    return undefined;
  } catch (error) {
    if (!(error instanceof SettingFault)) throw error;
    return { field: `${snakeCase(check.case)}.${error.field}`, message: error.message };
  }
}

function readyGuard(
  configured: ConfiguredGuard,
  ports: GuardPorts,
  hooks: Partial<DetectorHooks>,
): Guard {
  const { settings, version, service } = configured;
  const { name, stages, action, timeout, route, answer } = settings;
  const { check } = settings;
  const repair = check.case === "jsonSchema" ? answerRepair(check.value) : undefined;
  return {
    name,
    kind: snakeCase(settings.check.case ?? ""),
    version,
    ...(service !== undefined && service.kind !== "judge" && { labels: settings.labels }),
    stages: new Set(stagesOf(stages).map((stage) => stageNames[stage])),
    action: actionNames[action],
    bestEffort: settings.stream === GuardStream.BEST_EFFORT,
    timeoutMs: timeout === undefined ? defaultTimeoutMs : durationMs(timeout),
    failsOpen: settings.onFailure === GuardFailure.OPEN,
    byDefault: settings.default,
    answer,
    route,
    restores: settings.restore ?? true,
    besideModel: settings.besideModel,
    blocksUnreadable: settings.unreadable === UnreadableParts.BLOCK,
    check: readyCheck(configured, ports, hooks),
    ...(repair === undefined ? undefined : { repair }),
  };
}

function readyCheck(
  { settings, service }: ConfiguredGuard,
  ports: GuardPorts,
  hooks: Partial<DetectorHooks>,
): GuardCheck {
  if (service !== undefined) return { kind: "service", ask: createAsk(service, ports) };
  const { name, check } = settings;
  if (!isLocalCheck(check)) throw new Error(`the guard ${name} neither looks by itself nor asks`);
  return { kind: "local", detector: createDetector(check, hooks) };
}
