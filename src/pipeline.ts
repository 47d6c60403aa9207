import type { Handler } from "./core/call.ts";
import type { Check } from "./core/check.ts";
import { compose, type Stage } from "./core/compose.ts";
import { type DispatchOptions, dispatch } from "./core/dispatch.ts";
import type { FetchMedia } from "./core/media.ts";
import { admit, planAdmit } from "./policies/admit.ts";
import { type Authenticator, authenticate, planAuthenticate } from "./policies/authenticate.ts";
import { type DeadlineOptions, deadline } from "./policies/deadline.ts";
import {
  type CountOptions,
  countTokens,
  planCountTokens,
} from "./policies/emulation/count-tokens.ts";
import { inlineMedia, planInlineMedia } from "./policies/emulation/inline-media.ts";
import { multipleChoices, planMultipleChoices } from "./policies/emulation/multiple-choices.ts";
import { planRequestParts, requestParts } from "./policies/emulation/request-parts.ts";
import { planSplitInputs, splitInputs } from "./policies/emulation/split-inputs.ts";
import { type HealthTracker, health } from "./policies/health.ts";
import { type RouteOptions, route } from "./policies/route.ts";
import { type TraceOptions, trace } from "./policies/trace.ts";
import { planValidate, validate } from "./policies/validate.ts";

/** What the stages are made of. */
export interface PipelineOptions {
  readonly trace: TraceOptions;
  readonly deadline: DeadlineOptions;
  readonly authenticator: Authenticator;
  readonly check: Check;
  readonly route: RouteOptions;
  readonly health: HealthTracker;
  readonly attemptDeadline: DeadlineOptions;
  readonly countTokens: CountOptions;
  /** Undefined where nothing is to be fetched. */
  readonly fetchMedia: FetchMedia | undefined;
  readonly dispatch: DispatchOptions;
}

/** The stages before and after the route. */
export interface Pipeline {
  /** Each call passes them once. The first is outermost. */
  readonly call: readonly Stage[];
  /** Chooses the targets and makes the attempts. */
  readonly route: Stage;
  /** Each attempt passes them once. */
  readonly attempt: readonly Stage[];
}

/**
 * The table of contents of a request. Stages of `call` run once per call, those of `attempt` once
 * per attempt. The last five make up for what a vendor cannot do in one request. Endings run the
 * other way, innermost first, exactly once for each call and attempt.
 */
export function pipelineStages(options: PipelineOptions): Pipeline {
  return {
    call: [
      { name: "trace", layer: trace(options.trace) },
      { name: "deadline", layer: deadline(options.deadline) },
      {
        name: "authenticate",
        layer: authenticate(options.authenticator),
        plan: planAuthenticate(options.authenticator),
      },
      { name: "admit", layer: admit(options.route), plan: planAdmit(options.route) },
      { name: "validate", layer: validate(options.check), plan: planValidate(options.check) },
    ],
    route: { name: "route", layer: route(options.route) },
    attempt: [
      { name: "health", layer: health(options.health) },
      { name: "attempt_deadline", layer: deadline(options.attemptDeadline) },
      {
        name: "count_tokens",
        layer: countTokens(options.countTokens),
        plan: planCountTokens(options.countTokens),
      },
      {
        name: "inline_media",
        layer: inlineMedia(options.fetchMedia),
        plan: planInlineMedia(options.fetchMedia),
      },
      { name: "request_parts", layer: requestParts(), plan: planRequestParts },
      { name: "multiple_choices", layer: multipleChoices(), plan: planMultipleChoices },
      { name: "split_inputs", layer: splitInputs(), plan: planSplitInputs },
    ],
  };
}

/** Every stage as a call passes them, the dispatch last. */
export function stageNames({ call, route: choice, attempt }: Pipeline): readonly string[] {
  return [...[...call, choice, ...attempt].map(({ name }) => name), "dispatch"];
}

/** Puts the stages around the dispatch. */
export function createPipeline(pipeline: Pipeline, options: DispatchOptions): Handler {
  const { call, route: choice, attempt } = pipeline;
  return compose([...call, choice, ...attempt], "dispatch", dispatch(options));
}
