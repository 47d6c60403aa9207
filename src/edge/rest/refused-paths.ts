import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../../core/faults/gateway-error.ts";

/** Paths of things that only their vendor keeps, and what a client can do without them. */
const rows: readonly (readonly [pattern: RegExp, what: string])[] = [
  // https://ai.google.dev/api/caching
  [
    /^\/v1(?:beta1?|alpha)?\/(?:projects\/[^/]+\/locations\/[^/]+\/)?cachedContents(?:\/|$)/,
    "cached contents are kept by Google, and not here: send the contents in each request, where vendors cache by themselves what requests begin with",
  ],
  // https://docs.mistral.ai/api/endpoint/agents
  [
    /^(?:\/v1)?\/agents(?:\/|$)/,
    "agents are kept by Mistral, and not here: call /v1/chat/completions with the model, the instructions and the tools of the agent",
  ],
];

/** The refusal of a path whose things the gateway does not keep; undefined for other paths. */
export function refusedPath(path: string): GatewayError | undefined {
  const [, what] = rows.find(([pattern]) => pattern.test(path)) ?? [];
  return what === undefined
    ? undefined
    : new GatewayError({ reason: ErrorReason.UNSUPPORTED, message: what });
}
