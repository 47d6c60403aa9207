import { FieldOutcome, type FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import type { EmbedResult, EmbedSpec } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Call, CallRequest, Handler, Layer, Reply } from "../../core/call.ts";
import type { Fault } from "../../core/fault.ts";
import { fieldEntry } from "../../core/field-entry.ts";
import { GatewayError } from "../../core/gateway-error.ts";
import type { WireOutlet } from "../../core/outlet.ts";
import { createPartCalls } from "./part-calls.ts";
import { type OutletLookup, wireOutlet } from "./translated-outlet.ts";

/** Requests of one call that run at once, at most. */
const mostAtOnce = 8;

/** Requests of one call, at most. A call that needs more is refused before any is sent. */
const mostRequests = 2048;

/**
 * An input of a JSON body has at least this many bytes: two characters and a comma. Shorter bodies
 * need no look inside.
 */
const leastInputBytes = 3;

/**
 * Splits a call for more vectors than the vendor makes in one into several calls, some of them at
 * once. The vectors come in the order of the inputs, usage is the sum. All or none: one failure
 * fails the call and cancels the others.
 */
export function splitInputs(outlets: OutletLookup): Layer {
  return (next) => (call) => {
    const { request, target } = call;
    if (request.operation !== "embed") return next(call);
    const outlet = wireOutlet(outlets, call);
    const limit = outlet?.dialect.emulation?.embedInputs?.(target?.model ?? "", outlet.quirks);
    if (outlet === undefined || limit === undefined || isShort(call, outlet, limit))
      return next(call);
    const spec = request.spec();
    return spec.inputs.length <= limit ? next(call) : embedAll(next, call, spec, limit);
  };
}

/** Whether bytes that pass as they are cannot hold more inputs than the vendor takes. */
function isShort({ origin }: Call, { dialect }: WireOutlet, limit: number): boolean {
  return origin?.dialect === dialect.name && origin.body.length < leastInputBytes * limit;
}

async function embedAll(next: Handler, call: Call, spec: EmbedSpec, limit: number): Promise<Reply> {
  const count = Math.ceil(spec.inputs.length / limit);
  if (count > mostRequests) throw tooMany(spec.inputs.length, limit);
  const requests = Array.from({ length: count }, (_, at): CallRequest => {
    const inputs = spec.inputs.slice(at * limit, (at + 1) * limit);
    return { operation: "embed", spec: () => ({ ...spec, inputs }) };
  });
  const parts = createPartCalls(call, located(next, requests, limit));
  const replies = await parts.run(requests, mostAtOnce);
  const [first] = replies;
  if (first === undefined) throw new Error("split inputs: there is no reply");
  const result = joined(replies, limit, spec.inputs.length);
  const usage = parts.usage();
  if (usage !== undefined) result.usage = usage;
  parts.settle({ callerGone: false });
  const note = `sent in ${count} requests: the vendor takes ${limit} in one`;
  const report = [
    fieldEntry("inputs", FieldOutcome.EMULATED, note),
    ...joinedReport(replies, limit),
  ];
  return { ...first, report, output: { kind: "embeddings", result } };
}

/** Names the inputs of a part's failure as the caller counts them. */
function located(next: Handler, requests: readonly CallRequest[], limit: number): Handler {
  return (part) =>
    next(part).catch((error: unknown) => {
      const offset = requests.indexOf(part.request) * limit;
      if (!(error instanceof GatewayError) || offset <= 0) throw error;
      throw new GatewayError(shifted(error.fault, offset), {
        cause: error,
        attempts: error.attempts,
      });
    });
}

function shifted(fault: Fault, offset: number): Fault {
  const fields = fault.fields?.map((field) => ({ ...field, field: moved(field.field, offset) }));
  return {
    ...fault,
    message: moved(fault.message, offset),
    ...(fields === undefined ? {} : { fields }),
  };
}

/** `inputs[3].text` as the input that many later. */
function moved(field: string, offset: number): string {
  return field.replace(
    /^inputs\[(\d+)\]/,
    (_, index: string) => `inputs[${Number(index) + offset}]`,
  );
}

function joined(replies: readonly Reply[], limit: number, count: number): EmbedResult {
  const [first] = replies.map(vectorsOf);
  if (first === undefined) throw new Error("split inputs: there is no reply");
  const embeddings = replies.flatMap((reply, at) =>
    vectorsOf(reply).embeddings.map((embedding) => ({
      ...embedding,
      index: embedding.index + at * limit,
    })),
  );
  if (embeddings.length === count) return { ...first, embeddings };
  const message = `the provider answered ${count} inputs with ${embeddings.length} vectors`;
  throw new GatewayError({ reason: ErrorReason.UPSTREAM_MALFORMED, message });
}

function vectorsOf({ output }: Reply): EmbedResult {
  if (output.kind !== "embeddings") throw new Error(`split inputs: a reply of kind ${output.kind}`);
  return output.result;
}

/** What each part tells of its own inputs, and what all tell of the call once. */
function joinedReport(replies: readonly Reply[], limit: number): FieldReport[] {
  const told = new Map<string, FieldReport>();
  for (const [at, { report }] of replies.entries()) {
    for (const { field, outcome, note } of report) {
      const entry = fieldEntry(moved(field, at * limit), outcome, note);
      told.set(`${entry.field}\n${outcome}\n${note}`, entry);
    }
  }
  return [...told.values()];
}

function tooMany(inputs: number, limit: number): GatewayError {
  const message = `${inputs} inputs would take more than ${mostRequests} requests, for the vendor takes ${limit} in one; send fewer`;
  return new GatewayError({
    reason: ErrorReason.UNSUPPORTED,
    message: `inputs: ${message}`,
    fields: [{ field: "inputs", message }],
  });
}
