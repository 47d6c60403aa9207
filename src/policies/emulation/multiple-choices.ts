import { FieldOutcome, type FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Call, CallRequest, Handler, Layer, Reply } from "../../core/call.ts";
import { fieldEntry } from "../../core/field-entry.ts";
import { GatewayError } from "../../core/gateway-error.ts";
import type { WireOutlet } from "../../core/outlet.ts";
import { passesThrough } from "../../core/outlet-for.ts";
import { mergeAnswers } from "./merge-choices.ts";
import { createPartCalls } from "./part-calls.ts";
import { type OutletLookup, wireOutlet } from "./translated-outlet.ts";

/** Answers that are asked for at once, at most. More are refused before any is. */
const mostAnswers = 16;

/** What is asked in place of several answers. */
export interface AnswersPlan {
  /** One answer's request. */
  readonly request: CallRequest & { readonly operation: "chat" };
  readonly count: number;
  readonly entry: FieldReport;
}

/**
 * Asks a vendor that gives one answer a call as often as answers are wanted, all at once, and makes
 * the answers the choices of one. The attempt succeeds when each has its first content in hand, so
 * that another target may still be tried; one failure fails it all. Usage is the sum, for each
 * request is billed with its prompt.
 */
export function severalAnswers(outlets: OutletLookup): Layer {
  return (next) => (call) => {
    if (call.request.operation !== "chat") return next(call);
    const outlet = wireOutlet(outlets, call);
    const plan = outlet === undefined ? undefined : planAnswers(outlet, call);
    return plan === undefined ? next(call) : askAll(next, call, plan);
  };
}

/**
 * What is asked in place of a call; undefined where it is asked as it is. Throws UNSUPPORTED for
 * too many answers.
 */
export function planAnswers(outlet: WireOutlet, call: Call): AnswersPlan | undefined {
  const { request, target } = call;
  const { dialect, quirks } = outlet;
  if (
    request.operation !== "chat" ||
    dialect.emulation?.singleAnswer?.(target?.model ?? "", quirks) !== true
  ) {
    return undefined;
  }
  if (passesThrough(outlet, call, target?.model ?? "")) return undefined;
  const { n = 1 } = request.chat();
  if (n <= 1) return undefined;
  if (n > mostAnswers) throw tooMany(n, outlet.provider);
  const note = `asked ${n} times at once: the vendor gives one answer a call`;
  return { request: { ...request, chat: single(request.chat) }, count: n, entry: entryOf(note) };
}

function entryOf(note: string): FieldReport {
  return fieldEntry("n", FieldOutcome.EMULATED, note);
}

function single(chat: () => Chat): () => Chat {
  let one: Chat | undefined;
  return () => {
    if (one === undefined) {
      one = { ...chat() };
      delete one.n;
    }
    return one;
  };
}

async function askAll(
  next: Handler,
  call: Call,
  { request, count, entry }: AnswersPlan,
): Promise<Reply> {
  const parts = createPartCalls(call, next);
  const replies = await parts.run(
    Array.from({ length: count }, () => request),
    count,
  );
  const [first] = replies;
  if (first === undefined) throw new Error("several answers: there is no reply");
  const streams = replies.map(({ output }) => {
    if (output.kind !== "events")
      throw new Error(`several answers: a reply of kind ${output.kind}`);
    return output.batches;
  });
  const output = { kind: "events", batches: mergeAnswers(streams, parts) } as const;
  return { ...first, report: [entry, ...first.report], output };
}

function tooMany(n: number, provider: string): GatewayError {
  const message = `${n} answers are more than the ${mostAnswers} that can be asked for at once; ask several times`;
  return new GatewayError({
    reason: ErrorReason.UNSUPPORTED,
    message: `n: ${message}`,
    fields: [{ field: "n", message }],
    provider,
  });
}
