import { hash } from "node:crypto";
import { ExperimentUnit } from "../../../gen/parlance/config/v1/experiment_pb.js";
import type { ConfiguredArm, ConfiguredExperiment } from "../../config/settings.ts";
import type { Call } from "../../core/call.ts";
import { sessionOf, type UnitCall, userOf } from "../../core/caller/caller-unit.ts";

/** What the arm of a call depends on. */
export interface ArmCall extends UnitCall, Pick<Call, "principal"> {}

/** What a call is split by, and in words what that is. */
export interface Unit {
  /** Undefined: the arm is drawn. */
  readonly id: string | undefined;
  readonly kind: "key" | "user" | "session" | "draw";
}

/**
 * What a call is split by. Users and sessions count by key, so that those of two tenants
 * never meet. A call that names none goes by its key; where everybody may call, it is drawn.
 */
export function unitOf(
  { unit }: Pick<ConfiguredExperiment, "unit">,
  call: ArmCall,
  keyed: boolean,
): Unit {
  const key = keyed ? (call.principal?.name ?? "") : "";
  if (unit === ExperimentUnit.USER) {
    const user = userOf(call);
    if (user !== undefined) return { id: `user\0${key}\0${user}`, kind: "user" };
  }
  if (unit === ExperimentUnit.SESSION) {
    const session = sessionOf(call);
    if (session !== undefined) return { id: `session\0${key}\0${session}`, kind: "session" };
  }
  return key === "" ? { id: undefined, kind: "draw" } : { id: `key\0${key}`, kind: "key" };
}

/**
 * The arm of a unit. The last units are remembered for each experiment: to hash one costs more than
 * all else here, and most calls are of a few.
 */
export function armOf(experiment: ConfiguredExperiment, id: string): ConfiguredArm {
  const arms = remembered.get(experiment) ?? remember(experiment);
  const known = arms.get(id);
  if (known !== undefined) return known;
  if (arms.size >= maxRemembered) arms.clear();
  const arm = armAt(experiment.arms, pointOf(experiment.salt, id));
  arms.set(id, arm);
  return arm;
}

/** Units that are remembered of each experiment at most; callers choose their names. */
const maxRemembered = 1_000;

const remembered = new WeakMap<ConfiguredExperiment, Map<string, ConfiguredArm>>();

function remember(experiment: ConfiguredExperiment): Map<string, ConfiguredArm> {
  const arms = new Map<string, ConfiguredArm>();
  remembered.set(experiment, arms);
  return arms;
}

/** All units, in hundredths of a percent. */
export const whole = 10_000;
/** Values of the 12 hexadecimal digits of a hash that are used. */
const hashes = 16 ** 12;

/** Where a unit stands among all of them: from 0 up to but not including 10000. */
export function pointOf(salt: string, id: string): number {
  const digits = hash("sha256", `${salt}\0${id}`, "hex").slice(0, 12);
  return (Number.parseInt(digits, 16) / hashes) * whole;
}

/**
 * The arm that a point falls to. The first arm has the middle, and the others grow into it from
 * both ends by turns: whatever one of two others gains or loses, the units of the other stay.
 */
export function armAt(arms: readonly ConfiguredArm[], point: number): ConfiguredArm {
  let left = 0;
  let right = whole;
  for (const [index, arm] of arms.entries()) {
    if (index === 0) continue;
    if (index % 2 === 1) {
      left += arm.share;
      if (point < left && point >= left - arm.share) return arm;
    } else {
      right -= arm.share;
      if (point >= right && point < right + arm.share) return arm;
    }
  }
  const [first] = arms;
  if (first === undefined) throw new Error("an experiment has no arms");
  return first;
}
