import type { FieldReport } from "../../gen/parlance/call/v1/call_report_pb.js";
import type { CacheFacts } from "./cache/cache-facts.ts";
import type { Call, Handler, Layer } from "./call.ts";
import type { PlannedBound } from "./caller/planned-bound.ts";
import { GatewayError } from "./faults/gateway-error.ts";

/**
 * What a stage looks at in replies. `usage`: nothing but what they took, so that bytes may pass.
 * `events`: what they say, beside the bytes. `rewrites`: it changes what they say, so that no bytes
 * pass.
 */
export type Sight = "usage" | "events" | "rewrites";

/** What a stage would make of a call, without asking anyone. */
export interface Plan {
  /** The call as the stage would pass it on. */
  readonly call: Call;
  /** What would become of fields of the request. */
  readonly report: readonly FieldReport[];
  /** Why the stage would refuse the call. Absent: it would not. */
  readonly refusal?: GatewayError;
  /** A note in plain text. */
  readonly note?: string;
  /** False where the gateway answers itself and nothing is sent. Absent: something is. */
  readonly sends?: false;
  /** What the response cache would do, and why, in words. Absent: the model has none. */
  readonly cache?: { readonly facts: CacheFacts; readonly why: string };
  /** The limits and budgets that it would be held to. Absent: to none. */
  readonly bounds?: readonly PlannedBound[];
  /** The request holds stand-ins for what only the world can give: its body is not shown. */
  readonly incomplete?: true;
}

/** The plan of a stage that passes a call on or refuses it: what `pass` gives or throws. */
export function refusable(call: Call, pass: () => Call): Plan {
  try {
    return { call: pass(), report: [] };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { call, report: [], refusal: error };
  }
}

/** A policy with the name it has in traces. */
export interface Stage {
  readonly name: string;
  /** Absent: `usage`. A function where it depends on the call. */
  readonly sees?: Sight | ((call: Call) => Sight);
  readonly layer: Layer;
  /**
   * The pure half of the layer, which acts on it. It may take its time and look at what the gateway
   * keeps, but calls no vendor and changes nothing. Absent or undefined: the call passes as it is.
   */
  readonly plan?: (call: Call) => Plan | undefined | Promise<Plan | undefined>;
}

/** Tells what the stages look at in the reply to a call. */
export type Sees = (call: Call) => Sight;

/**
 * Puts layers around the innermost handler, which learns what they look at: the FIRST stage is
 * outermost. Each stage that a call enters is recorded in its trace. What a layer throws
 * synchronously becomes a rejection, and calling `next` twice within one life is a bug that throws.
 */
export function compose(
  stages: readonly Stage[],
  name: string,
  innermost: (sees: Sees) => Handler,
): Handler {
  return stages.reduceRight<Handler>(
    (next, stage, at) => entered(stage.name, at, stage.layer(next)),
    entered(name, stages.length, innermost(maxSight(stages))),
  );
}

function entered(name: string, at: number, handler: Handler): Handler {
  return (call) => {
    try {
      call.life.enter(at);
      call.trace.enter(name);
      return handler(call);
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

const sights: readonly Sight[] = ["usage", "events", "rewrites"];

/** The highest `sees` among the stages. No stage is called where all of them see usage only. */
function maxSight(stages: readonly Stage[]): Sees {
  const looking = stages.flatMap(({ sees = "usage" }) => (sees === "usage" ? [] : [sees]));
  if (looking.length === 0) return () => "usage";
  return (call) => {
    let max = 0;
    for (const sees of looking) {
      const sight = typeof sees === "string" ? sees : sees(call);
      max = Math.max(max, sights.indexOf(sight));
    }
    return sights[max] ?? "usage";
  };
}

/** Folds what stages would make of a call; ends at the first that would refuse it or answer it. */
export async function foldPlans(stages: readonly Stage[], call: Call): Promise<Plan> {
  let folded: Plan = { call, report: [] };
  for (const { plan } of stages) {
    const next = await plan?.(folded.call);
    if (next === undefined) continue;
    const note = [folded.note, next.note].filter((part) => part !== undefined).join("; ");
    folded = {
      ...next,
      report: [...folded.report, ...next.report],
      ...(note === "" ? {} : { note }),
      ...(folded.cache === undefined ? {} : { cache: folded.cache }),
      ...joinedBounds(folded, next),
      ...(folded.incomplete === undefined ? {} : { incomplete: true }),
    };
    if (folded.refusal !== undefined || folded.sends === false) return folded;
  }
  return folded;
}

function joinedBounds({ bounds: before }: Plan, { bounds }: Plan): Pick<Plan, "bounds"> {
  if (before === undefined && bounds === undefined) return {};
  return { bounds: [...(before ?? []), ...(bounds ?? [])] };
}
