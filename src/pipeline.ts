import type { Call, Handler, Layer } from "./core/call.ts";
import type { Check } from "./core/check.ts";
import { compose, type Stage, traced } from "./core/compose.ts";
import { type DispatchOptions, dispatch } from "./core/dispatch.ts";
import type { FetchMedia } from "./core/media.ts";
import { admit } from "./policies/admit.ts";
import { type Authenticator, authenticate } from "./policies/authenticate.ts";
import { type DeadlineOptions, deadline } from "./policies/deadline.ts";
import { type CountOptions, countTokens } from "./policies/emulation/count-tokens.ts";
import { inlineMedia } from "./policies/emulation/inline-media.ts";
import { severalAnswers } from "./policies/emulation/multiple-choices.ts";
import { splitInputs } from "./policies/emulation/split-inputs.ts";
import { type HealthTracker, health } from "./policies/health.ts";
import { type RouteOptions, route } from "./policies/route.ts";
import { type TraceOptions, trace } from "./policies/trace.ts";
import { validate } from "./policies/validate.ts";

/** What the stages are made of. */
export interface PipelineOptions {
  readonly trace: TraceOptions;
  readonly deadline: DeadlineOptions;
  readonly authenticator: Authenticator;
  readonly check: Check;
  readonly route: RouteOptions;
  readonly health: HealthTracker;
  readonly attemptDeadline: DeadlineOptions;
  readonly countTokens: Omit<CountOptions, "outlet">;
  /** Undefined where nothing is to be fetched. */
  readonly fetchMedia: FetchMedia | undefined;
  readonly dispatch: DispatchOptions;
}

/**
 * The table of contents of a request. The first stage is outermost. Those up to `route` see a call
 * once; those after it see it once for each attempt, the last four of them for what its vendor
 * cannot do in one request. Settling goes the other way, innermost first, exactly once for each
 * reply.
 */
function pipelineStages(options: PipelineOptions): readonly Stage[] {
  const { outlet } = options.dispatch;
  return [
    { name: "trace", layer: trace(options.trace) },
    { name: "deadline", layer: deadline(options.deadline) },
    { name: "authenticate", layer: authenticate(options.authenticator) },
    { name: "admit", layer: admit(options.route) },
    { name: "validate", layer: validate(options.check) },
    { name: "route", layer: route(options.route) },
    { name: "health", layer: health(options.health) },
    { name: "attempt_deadline", layer: deadline(options.attemptDeadline) },
    { name: "count_tokens", layer: countTokens({ ...options.countTokens, outlet }) },
    { name: "inline_media", layer: inlineMedia(outlet, options.fetchMedia) },
    { name: "several_answers", layer: severalAnswers(outlet) },
    { name: "split_inputs", layer: splitInputs(outlet) },
  ];
}

/** The names of the stages as a call passes them, the dispatch last. */
export function pipelineStageNames(options: PipelineOptions): readonly string[] {
  return [...pipelineStages(options).map((stage) => stage.name), "dispatch"];
}

/** Puts the stages around the dispatch. */
export function createPipeline(options: PipelineOptions): Handler {
  return compose(pipelineStages(options), traced("dispatch", dispatch(options.dispatch)));
}

/**
 * Passes a call through the stages that may refuse it before it is tried, and gives it back as they
 * pass it on.
 */
export function createAdmission(options: PipelineOptions): (call: Call) => Promise<Call> {
  const gates: readonly Layer[] = [
    authenticate(options.authenticator),
    admit(options.route),
    validate(options.check),
  ];
  return (call) =>
    new Promise((resolve, reject) => {
      const innermost: Handler = (admitted) => {
        resolve(admitted);
        return Promise.reject(new Error("a dry run ends here"));
      };
      gates
        .reduceRight(
          (next, gate) => gate(next),
          innermost,
        )(call)
        .catch(reject);
    });
}
