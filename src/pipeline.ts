import type { Handler } from "./core/call.ts";
import { compose, type Stage, traced } from "./core/compose.ts";
import { dispatch, type DispatchOptions } from "./core/dispatch.ts";
import { admit } from "./policies/admit.ts";
import { type Authenticator, authenticate } from "./policies/authenticate.ts";
import { type DeadlineOptions, deadline } from "./policies/deadline.ts";
import { type HealthTracker, health } from "./policies/health.ts";
import { type RouteOptions, route } from "./policies/route.ts";
import { type TraceOptions, trace } from "./policies/trace.ts";
import { type Check, validate } from "./policies/validate.ts";

/** What the stages are made of. */
export interface PipelineOptions {
  readonly trace: TraceOptions;
  readonly deadline: DeadlineOptions;
  readonly authenticator: Authenticator;
  readonly check: Check;
  readonly route: RouteOptions;
  readonly health: HealthTracker;
  readonly dispatch: DispatchOptions;
}

/**
 * The table of contents of a request. The first stage is outermost. Those up to `route` see a call once; those after it
 * see it once for each attempt. Settling goes the other way, innermost first, exactly once for each reply.
 */
export function pipelineStages(options: PipelineOptions): readonly Stage[] {
  return [
    { name: "trace", layer: trace(options.trace) },
    { name: "deadline", layer: deadline(options.deadline) },
    { name: "authenticate", layer: authenticate(options.authenticator) },
    { name: "admit", layer: admit() },
    { name: "validate", layer: validate(options.check) },
    { name: "route", layer: route(options.route) },
    { name: "health", layer: health(options.health) },
  ];
}

/** The name of the innermost stage. */
export const dispatchStage = "dispatch";

/** Puts the stages around the dispatch. */
export function createPipeline(options: PipelineOptions): Handler {
  return compose(pipelineStages(options), traced(dispatchStage, dispatch(options.dispatch)));
}
