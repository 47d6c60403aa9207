import { FieldOutcome, type FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import {
  type EmbedResult,
  EmbedResultSchema,
  type EmbedSpec,
  EmbedSpecSchema,
} from "../../../gen/parlance/embed/v1/embedding_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { attemptOf, wireOutletOf, withRequest } from "../../core/attempt.ts";
import type { Call, CallRequest, Handler, Layer, Reply } from "../../core/call.ts";
import type { Plan, Stage } from "../../core/compose.ts";
import type { Fault } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { fieldEntry } from "../../core/fidelity/field-entry.ts";
import { expectMessage } from "../../core/operation.ts";
import { createPartCalls } from "./part-calls.ts";

/** Requests of one call that run at once, at most. */
const maxAtOnce = 8;

/** Requests of one call, at most. A call that needs more is refused before any is sent. */
const maxRequests = 2048;

/**
 * An input of a JSON body has at least this many bytes: two characters and a comma. Shorter bodies
 * need no look inside.
 */
const minInputBytes = 3;

/** The stage of the layer below. */
export function splitInputsPolicy(): Stage {
  return { name: "split_inputs", layer: splitInputs(), plan: planSplitInputs };
}

/**
 * Splits a call for more vectors than the vendor makes in one into several calls, some of them at
 * once. The vectors come in the order of the inputs, usage is the sum. All or none: one failure
 * fails the call and cancels the others.
 */
export function splitInputs(): Layer {
  return (next) => (call) => {
    const split = splitOf(call);
    return split === undefined ? next(call) : embedAll(next, call, split);
  };
}

/** What the gateway would send: the first of the requests. */
export function planSplitInputs(call: Call): Plan | undefined {
  const split = splitOf(call);
  if (split === undefined) return undefined;
  const [first] = requestsOf(call, split);
  if (first === undefined) return undefined;
  return { call: withRequest(call, first), report: [entryOf(split)] };
}

/** A call that is sent in several requests, each of at most `limit` inputs. */
interface Split {
  readonly spec: EmbedSpec;
  readonly limit: number;
  readonly count: number;
}

/** Undefined where a call is sent as it is. Throws UNSUPPORTED for too many inputs. */
function splitOf(call: Call): Split | undefined {
  const { request } = call;
  if (request.operation.name !== "embed") return undefined;
  const outlet = wireOutletOf(call);
  const { target } = attemptOf(call);
  const limit = outlet?.dialect.emulation?.embedInputs?.(target.model, outlet.quirks);
  if (limit === undefined || isShort(call, limit)) return undefined;
  const spec = expectMessage(request.message(), EmbedSpecSchema);
  if (spec.inputs.length <= limit) return undefined;
  const count = Math.ceil(spec.inputs.length / limit);
  if (count > maxRequests) throw tooMany(spec.inputs.length, limit);
  return { spec, limit, count };
}

/** Whether bytes that pass as they are cannot hold more inputs than the vendor takes. */
function isShort(call: Call, limit: number): boolean {
  return attemptOf(call).passes && (call.origin?.body.length ?? 0) < minInputBytes * limit;
}

function requestsOf({ request }: Call, { spec, limit, count }: Split): readonly CallRequest[] {
  return Array.from({ length: count }, (_, at) => {
    const part = { ...spec, inputs: spec.inputs.slice(at * limit, (at + 1) * limit) };
    return { ...request, message: () => part };
  });
}

function entryOf({ count, limit }: Split): FieldReport {
  const note = `sent in ${count} requests: the vendor takes ${limit} in one`;
  return fieldEntry("inputs", FieldOutcome.EMULATED, note);
}

async function embedAll(next: Handler, call: Call, split: Split): Promise<Reply> {
  const { spec, limit } = split;
  const requests = requestsOf(call, split);
  const parts = createPartCalls(call, located(next, requests, limit), 1 / split.count);
  const replies = await parts.run(requests, maxAtOnce);
  const [first] = replies;
  if (first === undefined) throw new Error("split inputs: there is no reply");
  const result = joined(replies, limit, spec.inputs.length);
  const usage = parts.usage();
  if (usage !== undefined) result.usage = usage;
  parts.end("whole");
  const report = [entryOf(split), ...joinedReport(replies, limit)];
  return { ...first, life: call.life, report, body: { kind: "whole", result: () => result } };
}

/** Names the inputs of a part's failure as the caller counts them. */
function located(next: Handler, requests: readonly CallRequest[], limit: number): Handler {
  return (part) =>
    next(part).catch((error: unknown) => {
      const offset = requests.indexOf(part.request) * limit;
      if (!(error instanceof GatewayError) || offset <= 0) throw error;
      throw new GatewayError(shifted(error.fault, offset), { cause: error });
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

function vectorsOf({ body }: Reply): EmbedResult {
  if (body.kind !== "whole") throw new Error("split inputs: a stream of vectors");
  return expectMessage(body.result(), EmbedResultSchema);
}

/**
 * The reports of each part on its own inputs, and one copy of those that all parts have on the
 * call.
 */
function joinedReport(replies: readonly Reply[], limit: number): FieldReport[] {
  const merged = new Map<string, FieldReport>();
  for (const [at, { report }] of replies.entries()) {
    for (const { field, outcome, note } of report) {
      const entry = fieldEntry(moved(field, at * limit), outcome, note);
      merged.set(`${entry.field}\n${outcome}\n${note}`, entry);
    }
  }
  return [...merged.values()];
}

function tooMany(inputs: number, limit: number): GatewayError {
  const message = `${inputs} inputs would take more than ${maxRequests} requests, for the vendor takes ${limit} in one; send fewer`;
  return new GatewayError({
    reason: ErrorReason.UNSUPPORTED,
    message: `inputs: ${message}`,
    fields: [{ field: "inputs", message }],
  });
}
