import { FieldOutcome, type FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { type Chat, ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { attemptOf, wireOutletOf, withRequest } from "../../core/attempt.ts";
import type { Call, CallRequest, Handler, Layer, Reply } from "../../core/call.ts";
import type { Plan, Stage } from "../../core/compose.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { fieldEntry } from "../../core/fidelity/field-entry.ts";
import { expectMessage } from "../../core/operation.ts";
import { mergedBody } from "./merge-choices.ts";
import { createPartCalls } from "./part-calls.ts";

/** Requests that are sent in parallel for one call, at most. A call for more choices is refused. */
const maxChoices = 16;

/** What is sent in place of a call for several choices. */
interface ChoicesPlan {
  /** A request for one choice. */
  readonly request: CallRequest;
  readonly count: number;
  readonly entry: FieldReport;
}

/** The stage of the layer below. */
export function multipleChoicesPolicy(): Stage {
  return { name: "multiple_choices", layer: multipleChoices(), plan: planMultipleChoices };
}

/**
 * For vendors that return one choice per request: sends n requests in parallel and merges the
 * choices into one reply. The attempt succeeds when each has its first content in hand, so that
 * another target may still be tried; one failure fails it all. Usage is the sum, for each request
 * is billed with its prompt.
 */
export function multipleChoices(): Layer {
  return (next) => (call) => {
    const choices = choicesOf(call);
    return choices === undefined ? next(call) : requestAll(next, call, choices);
  };
}

/** What the gateway would send: one of the requests. */
export function planMultipleChoices(call: Call): Plan | undefined {
  const choices = choicesOf(call);
  if (choices === undefined) return undefined;
  return { call: withRequest(call, choices.request), report: [choices.entry] };
}

/** Undefined where a call is sent as it is. Throws UNSUPPORTED for too many choices. */
function choicesOf(call: Call): ChoicesPlan | undefined {
  const { request } = call;
  if (request.operation.name !== "chat") return undefined;
  const outlet = wireOutletOf(call);
  const { target, passes } = attemptOf(call);
  if (outlet === undefined || passes) return undefined;
  if (outlet.dialect.emulation?.singleAnswer?.(target.model, outlet.quirks) !== true)
    return undefined;
  const message = expectMessage(request.message(), ChatSchema);
  const { n = 1 } = message;
  if (n <= 1) return undefined;
  if (n > maxChoices) throw tooMany(n, outlet.provider);
  const note = `sent as ${n} requests in parallel: the vendor returns one choice per request`;
  const one = single(message);
  const entry = fieldEntry("n", FieldOutcome.EMULATED, note);
  return { request: { ...request, message: () => one }, count: n, entry };
}

function single(message: Chat): Chat {
  const one = { ...message };
  delete one.n;
  return one;
}

async function requestAll(
  next: Handler,
  call: Call,
  { request, count, entry }: ChoicesPlan,
): Promise<Reply> {
  const parts = createPartCalls(call, next, 1);
  const requests = Array.from({ length: count }, () => request);
  const replies = await parts.run(requests, count);
  const [first] = replies;
  if (first === undefined) throw new Error("multiple choices: there is no reply");
  const report = [entry, ...first.report];
  return { ...first, life: call.life, report, body: mergedBody(replies, parts) };
}

function tooMany(n: number, provider: string): GatewayError {
  const message = `${n} choices are more than the ${maxChoices} that can be requested at once; send several calls`;
  return new GatewayError({
    reason: ErrorReason.UNSUPPORTED,
    message: `n: ${message}`,
    fields: [{ field: "n", message }],
    provider,
  });
}
