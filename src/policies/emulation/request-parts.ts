import { FieldOutcome, type FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { attemptOf, withRequest } from "../../core/attempt.ts";
import type { Call, CallRequest, Handler, Layer, Reply } from "../../core/call.ts";
import type { Plan, Stage } from "../../core/compose.ts";
import { fieldEntry } from "../../core/fidelity/field-entry.ts";
import { expectMessage } from "../../core/operation.ts";
import { mergedBody } from "./merge-choices.ts";
import { createPartCalls } from "./part-calls.ts";

/** Requests that are sent in parallel for one call, at most. */
const atOnce = 16;

/** What is sent in place of a call with several prompts. */
interface Parts {
  readonly requests: readonly CallRequest[];
  /** Choices of each request. */
  readonly width: number;
  readonly entry: FieldReport;
}

/** The stage of the layer below. */
export function requestPartsPolicy(): Stage {
  return { name: "request_parts", layer: requestParts(), plan: planRequestParts };
}

/**
 * For bodies that hold several prompts and do not pass as they are: sends a request for each and
 * merges the choices into one reply, in the order of the prompts. All or none: one failure fails
 * the attempt and cancels the others. Usage is the sum.
 */
export function requestParts(): Layer {
  return (next) => (call) => {
    const parts = partsOf(call);
    return parts === undefined ? next(call) : requestAll(next, call, parts);
  };
}

/** What the gateway would send: the first of the requests. */
export function planRequestParts(call: Call): Plan | undefined {
  const parts = partsOf(call);
  const [first] = parts?.requests ?? [];
  if (parts === undefined || first === undefined) return undefined;
  return { call: withRequest(call, first), report: [parts.entry] };
}

/** Undefined where a call is sent as it is. */
function partsOf(call: Call): Parts | undefined {
  // Most calls have none and are not copied.
  if (call.request.parts === undefined || attemptOf(call).passes) return undefined;
  const { parts, ...request } = call.request;
  const messages = parts?.(request.message()) ?? [];
  const [first] = messages;
  if (first === undefined || messages.length < 2) return undefined;
  const note = `sent as ${messages.length} requests, one for each prompt`;
  return {
    requests: messages.map((message) => ({ ...request, message: () => message })),
    width: expectMessage(first, ChatSchema).n ?? 1,
    entry: fieldEntry("prompt", FieldOutcome.EMULATED, note),
  };
}

async function requestAll(
  next: Handler,
  call: Call,
  { requests, width, entry }: Parts,
): Promise<Reply> {
  const parts = createPartCalls(call, next, 1 / requests.length);
  const replies = await parts.run(requests, atOnce);
  const [first] = replies;
  if (first === undefined) throw new Error("request parts: there is no reply");
  const report = [entry, ...first.report];
  return { ...first, life: call.life, report, body: mergedBody(replies, parts, width) };
}
