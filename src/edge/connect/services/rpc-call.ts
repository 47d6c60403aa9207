import type { Message } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { CallReport } from "../../../../gen/parlance/call/v1/call_report_pb.js";
import type { ExplainResponse } from "../../../../gen/parlance/chat/v1/chat_service_pb.js";
import { appendAll } from "../../../core/append-all.ts";
import type { Call, Principal, Reply } from "../../../core/call.ts";
import { draining } from "../../../core/faults/draining.ts";
import { expectMessage, type Operation, type RequestMessage } from "../../../core/operation.ts";
import { callerHeaders } from "../../caller-headers.ts";
import { callerWaits } from "../../caller-waits.ts";
import type { Engine } from "../../gateway-api.ts";
import { spanHeaders, streamTiming, timingHeaders } from "../../timing-headers.ts";
import { besideKey } from "../contract/beside-key.ts";
import { exchangeKey } from "../exchange-key.ts";
import type { RefusedRpc } from "../rpc-refusal.ts";
import { toConnectError } from "../to-connect-error.ts";
import { callReport } from "./call-report.ts";

/**
 * A request that is yet to be made of what the caller sent. `read` may be called often; it throws a
 * GatewayError where that is not possible.
 */
export interface UnreadRequest<Request> {
  readonly model: string;
  readonly read: () => Request;
}

/**
 * Makes a call of what a typed caller sent. Its timeout becomes the call's deadline, or the header
 * that says so where that is earlier; its leaving cancels the call. Throws INVALID_REQUEST for such
 * a header that is no number above 0.
 */
export function beginRpcCall<Request extends RequestMessage>(
  engine: Engine,
  operation: Operation<Request>,
  request: Request | UnreadRequest<Request>,
  context: HandlerContext,
  stream = false,
): Call {
  const exchange = context.values.get(exchangeKey);
  const beside = context.values.get(besideKey);
  const header = headerReader(context);
  const waits = callerWaits(header);
  const timeoutMs = earlier(context.timeoutMs(), waits.timeoutMs);
  const call = engine.begin({
    model: request.model,
    request: {
      operation,
      stream,
      message: "read" in request ? request.read : () => request,
      beside: beside === undefined ? undefined : () => beside,
    },
    header,
    principal: exchange?.principal,
    clientAddress: exchange?.clientAddress,
    timeoutMs,
    firstTokenMs: waits.firstTokenMs,
  });
  if (exchange !== undefined) {
    exchange.callId = call.id;
    if (call.traceparent !== undefined) exchange.replyHeaders = spanHeaders(call);
  }
  if (exchange === undefined) context.signal.addEventListener("abort", () => call.life.abort());
  exchange?.onClose(() => call.life.abort());
  exchange?.onExpire(() => call.life.abort(draining));
  return call;
}

function earlier(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}

/** What a method that makes no call is refused under. */
export function refusedIn({ method, values }: HandlerContext): RefusedRpc {
  const { principal, clientAddress = "" } = values.get(exchangeKey) ?? {};
  const operation = `${method.parent.typeName}/${method.name}`;
  return { operation, principal: principal?.name, clientAddress };
}

/**
 * Who calls a method that makes no call; throws UNAUTHENTICATED where the edge does not know and
 * the key is not good.
 */
export function principalOf(
  engine: Engine,
  context: HandlerContext,
): Principal | Promise<Principal> {
  return context.values.get(exchangeKey)?.principal ?? engine.identify(headerReader(context));
}

/** Reads request headers without building web Headers where there is an exchange to ask. */
function headerReader(context: HandlerContext): (name: string) => string | undefined {
  const exchange = context.values.get(exchangeKey);
  if (exchange !== undefined) return (name) => exchange.header(name);
  return (name) => context.requestHeader.get(name) ?? undefined;
}

/** A result with the report of the call. */
export interface Answered<Result> {
  readonly result: Result;
  readonly report: CallReport;
}

/** Runs a unary call of a typed caller; what it is refused with becomes an RPC status. */
export function answerRpcCall<Request extends RequestMessage, Result extends Message>(
  engine: Engine,
  operation: Operation<Request, Result>,
  request: Request | UnreadRequest<Request>,
  context: HandlerContext,
): Promise<Answered<Result>> {
  const call = beginRpcCall(engine, operation, request, context);
  return withRpcErrors(engine, call, async () => {
    try {
      const reply = await engine.handle(call);
      const report = callReport(call, reply, engine.configHash());
      return { result: expectMessage(wholeOf(reply), operation.result), report };
    } finally {
      sayLeft(call, context);
    }
  });
}

/**
 * Says what limits and budgets leave to the caller, and what a call cost that is over: in headers
 * of Connect's unary protocol, else in trailers. Where its time went is said in headers, of a
 * stream in trailers.
 */
export function sayLeft(call: Call, context: HandlerContext): void {
  const { trace, request } = call;
  const headers = callerHeaders(trace);
  const exchange = context.values.get(exchangeKey);
  if (request.stream) appendAll(headers, streamTiming(call));
  else if (exchange !== undefined) {
    exchange.replyHeaders = timingHeaders(call);
    if (context.protocolName === "connect") {
      exchange.replyHeaders = [...headers, ...exchange.replyHeaders];
      return;
    }
  }
  if (headers.length === 0) return;
  for (let at = 0; at < headers.length; at += 2)
    context.responseTrailer.set(headers[at] ?? "", headers[at + 1] ?? "");
}

/** Says what a call of a typed caller would do. */
export function explainRpcCall<Request extends RequestMessage>(
  engine: Engine,
  operation: Operation<Request>,
  request: Request | UnreadRequest<Request>,
  context: HandlerContext,
  stream = false,
): Promise<ExplainResponse> {
  const call = beginRpcCall(engine, operation, request, context, stream);
  return withRpcErrors(engine, call, () => engine.explain(call));
}

/** Runs a method; what it throws becomes an RPC status. */
export async function withRpcErrors<T>(
  engine: Engine,
  call: Call,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw toConnectError(error, call, engine.onBug);
  }
}

function wholeOf({ body }: Reply): Message {
  if (body.kind !== "whole") throw new Error("a unary call was answered with a stream");
  return body.result();
}
