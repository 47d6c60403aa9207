import type { Routing } from "../../../gen/parlance/config/v1/routing_pb.js";
import type { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { type ErrorBehaviour, errorBehaviour } from "../../core/faults/error-behaviour.ts";

/** What failures bring with them, by their reasons. */
export type FailureClasses = (reason: ErrorReason) => ErrorBehaviour;

/** The built-in table with what the config says differently. */
export function createFailureClasses(routing: Pick<Routing, "failures">): FailureClasses {
  if (routing.failures.length === 0) return errorBehaviour;
  const changed = new Map(
    routing.failures.map(({ reason, retry, fallBack, cool }) => {
      const { retryable, fallsBack, cools, ...rest } = errorBehaviour(reason);
      const classed: ErrorBehaviour = {
        ...rest,
        retryable: retry ?? retryable,
        fallsBack: fallBack ?? fallsBack,
        cools: cool ?? cools,
      };
      return [reason, classed] as const;
    }),
  );
  return (reason) => changed.get(reason) ?? errorBehaviour(reason);
}
