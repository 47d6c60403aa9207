import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type MethodImplSpec } from "@connectrpc/connect";
import {
  type Compression,
  compressionNegotiate,
  createMethodSerializationLookup,
  mergeNonProtocolHeaders,
} from "@connectrpc/connect/protocol";
import {
  codeToHttpStatus,
  errorToJsonBytes,
  parseTimeout,
} from "@connectrpc/connect/protocol-connect";
import { appendAll } from "../../core/append-all.ts";
import { errorBehaviour } from "../../core/faults/error-behaviour.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { callIdHeader } from "../call-id.ts";
import type { Exchange } from "../http/exchange.ts";
import { unpack } from "./compressions.ts";
import { messageOf } from "./contract/beside-key.ts";
import { LeanContext } from "./lean-context.ts";
import { createRequestDecoder } from "./request-decoder.ts";
import type { RpcOptions } from "./rpc-options.ts";
import { toReadError } from "./services/call-abort.ts";
import { toFlatHeaders } from "./web-headers.ts";

/** A method with one request and one reply. */
export type UnarySpec = Extract<MethodImplSpec, { kind: "unary" }>;

/**
 * Serves a method in Connect's unary protocol without web Headers, streams or signals unless the
 * implementation asks for them; otherwise as connect's own handler does, which the tests hold it
 * to. `binary` says proto rather than JSON. Interceptors are not applied. The handler never
 * rejects. https://connectrpc.com/docs/protocol#unary-request (2026-11).
 */
export function createUnaryHandler(
  spec: UnarySpec,
  binary: boolean,
  options: RpcOptions,
): (exchange: Exchange) => Promise<void> {
  const decode = createRequestDecoder(spec.method, binary, options);
  const { binaryOptions, jsonOptions } = options;
  const lookup = createMethodSerializationLookup(spec.method, binaryOptions, jsonOptions, options);
  const output = lookup.getO(binary);

  async function invoke(exchange: Exchange, call: Call): Promise<Uint8Array<ArrayBuffer>> {
    if (call.error !== undefined) throw call.error;
    const body = await readMessage(exchange, options.readMaxBytes, call.requestCompression);
    const answer = await spec.impl(messageOf(decode(body), call.context), call.context);
    return output.serialize(create(spec.method.output, answer));
  }

  return async function answerUnary(exchange) {
    const call = beginCall(spec, options, exchange, binary);
    const { context } = call;
    let status = 200;
    let body: Uint8Array<ArrayBuffer>;
    try {
      body = await invoke(exchange, call);
      context.finish();
    } catch (reason) {
      const error = options.toStatus?.(reason, exchange) ?? toConnectError(toReadError(reason));
      context.finish(error);
      status = statusOf(error);
      context.responseHeader.set("content-type", "application/json");
      if (!error.isWireError) mergeNonProtocolHeaders(context.responseHeader, error.metadata);
      body = printError(error, options);
    }
    const headers = replyHeaders(context, call.contentType);
    if (exchange.callId !== undefined && context.touchedHeader?.has(callIdHeader) !== true)
      headers.push(callIdHeader, exchange.callId);
    if (exchange.replyHeaders !== undefined) appendAll(headers, exchange.replyHeaders);
    if (call.responseCompression !== null && body.byteLength >= options.compressMinBytes) {
      body = await call.responseCompression.compress(body);
      headers.push("content-encoding", call.responseCompression.name);
    }
    exchange.respond(status, headers, body);
  };
}

/** FAILED_PRECONDITION is HTTP 400 in Connect, also for what stands in the way of a request. */
function statusOf({ code, cause }: ConnectError): number {
  const isConflict =
    cause instanceof GatewayError && errorBehaviour(cause.fault.reason).http === 409;
  return isConflict ? 409 : codeToHttpStatus(code);
}

/** What the headers of a request say about its call. */
interface Call {
  readonly context: LeanContext;
  readonly contentType: string;
  readonly requestCompression: Compression | null;
  readonly responseCompression: Compression | null;
  /** Why the call must fail before its body is read. */
  readonly error: ConnectError | undefined;
}

function beginCall(
  spec: UnarySpec,
  options: RpcOptions,
  exchange: Exchange,
  binary: boolean,
): Call {
  const timeout = exchange.header("connect-timeout-ms");
  const deadline = timeout === undefined ? undefined : parseTimeout(timeout, options.maxTimeoutMs);
  const requested = exchange.header("content-encoding") ?? null;
  const accepted = exchange.header("accept-encoding") ?? null;
  const compression =
    requested === null && accepted === null
      ? undefined
      : compressionNegotiate(
          [...options.acceptCompression],
          requested,
          accepted,
          "Accept-Encoding",
        );
  const contentType = binary ? "application/proto" : "application/json";
  return {
    context: new LeanContext({
      exchange,
      method: spec.method,
      protocolName: "connect",
      timeoutMs: deadline?.timeoutMs,
      contentType,
    }),
    contentType,
    requestCompression: compression?.request ?? null,
    responseCompression: compression?.response ?? null,
    error: compression?.error ?? deadline?.error,
  };
}

async function readMessage(
  exchange: Exchange,
  readMaxBytes: number,
  compression: Compression | null,
): Promise<Uint8Array> {
  const body = await exchange.readBody(readMaxBytes);
  return compression === null ? body : unpack(exchange, compression, body, readMaxBytes);
}

function toConnectError(reason: unknown): ConnectError {
  if (reason instanceof ConnectError) return reason;
  return new ConnectError("internal error", Code.Internal, undefined, undefined, reason);
}

function printError(error: ConnectError, options: RpcOptions): Uint8Array<ArrayBuffer> {
  return new Uint8Array(errorToJsonBytes(error, options.jsonOptions));
}

/** Trailers of a unary reply travel as headers with a `trailer-` prefix. */
function replyHeaders(context: LeanContext, contentType: string): string[] {
  const headers =
    context.touchedHeader === undefined
      ? ["content-type", contentType]
      : toFlatHeaders(context.touchedHeader);
  return context.touchedTrailer === undefined
    ? headers
    : [...headers, ...toFlatHeaders(context.touchedTrailer, "trailer-")];
}
