import type { Message } from "@bufbuild/protobuf";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { isObject, type JsonObject } from "../../json/json.ts";
import { JsonText } from "../../json/json-text.ts";
import { attemptOf } from "../attempt.ts";
import type { Body, Call, Handler, LocalOutlet, Outlet, Piece, Reply } from "../call.ts";
import type { Sees, Sight } from "../compose.ts";
import { type Codec, codecOf, type JsonBody, type ReplyBody } from "../dialect.ts";
import { cleanFault } from "../faults/clean-fault.ts";
import { concernsCredential } from "../faults/error-behaviour.ts";
import type { Fault } from "../faults/fault.ts";
import { GatewayError } from "../faults/gateway-error.ts";
import { checkDemands, unknownEntries } from "../fidelity/unknown-fields.ts";
import { wholeEnd } from "../life.ts";
import type { RequestMessage } from "../operation.ts";
import type { Quirks } from "../quirks.ts";
import type { Flowing } from "../reply/flow.ts";
import type { WireAnswer, WireOutlet } from "../target/outlet.ts";
import type { Target } from "../target/target.ts";
import type { WireRequest } from "../wire-request.ts";
import { modelIn, modelOf } from "./answered-model.ts";
import { openBytes } from "./dispatch-bytes.ts";
import { openPieces } from "./dispatch-stream.ts";
import { createEventReader } from "./event-reader.ts";
import { passedHeaders, passedWithError } from "./passed-headers.ts";
import { boundFor, type MaxOutput, orThrow, prepare, unsupported } from "./prepare-request.ts";
import { createRawReader } from "./raw-reader.ts";
import type { StreamReader } from "./stream-reader.ts";
import { createTwofoldReader } from "./twofold-reader.ts";

/** What dispatch needs of the world. */
export interface DispatchOptions {
  /**
   * The most tokens that an answer of a target may have; used only where the vendor demands a bound
   * and the caller says none. Absent: it is not known of any.
   */
  readonly maxOutput?: MaxOutput;
  /** Takes each answer with status 200 as soon as its headers are there. */
  readonly heard?: (call: Call, answer: WireAnswer) => void;
  /** Seconds since 1970. Absent: 0, always. */
  readonly nowUnixS?: () => number;
  /**
   * Headers that tell the vendor which trace an attempt is of: names and values in turn. Absent:
   * none are sent.
   */
  readonly traceHeaders?: ((call: Call) => readonly string[]) | undefined;
}

/**
 * The innermost handler: one try at the target of the call's attempt. Where the caller speaks the
 * target's dialect its bytes are sent with the declared edits only and the reply's bytes handed
 * back; otherwise both are translated through the contract. `sees` says what stages look at in the
 * reply, and only this knows what that means: nothing but usage, the events beside the bytes, or
 * events alone.
 */
export function dispatch(options: DispatchOptions): (sees: Sees) => Handler {
  return (sees) => (call) => {
    const { outlet, record } = attemptOf(call);
    record.sent(dialectOf(outlet));
    return outlet.kind === "local"
      ? answerHere(outlet, call)
      : tryOnce(outlet, call, sees(call), options);
  };
}

/** The dialect that a target is called in; `sim` in this process. */
export function dialectOf(outlet: Outlet): string {
  return outlet.kind === "local" ? "sim" : outlet.dialect.name;
}

/** A vendor in this process keeps nothing, and knows what the contract knows. */
async function answerHere(outlet: LocalOutlet, call: Call): Promise<Reply> {
  const beside = call.request.beside?.();
  checkDemands(beside, undefined);
  const unknown = unknownEntries(beside, attemptOf(call).losses);
  const reply = answered(call, await outlet.handler(call));
  return unknown.length === 0 ? reply : { ...reply, report: [...unknown, ...reply.report] };
}

function answered(call: Call, reply: Reply): Reply {
  attemptOf(call).record.answered();
  return reply;
}

async function tryOnce(
  outlet: WireOutlet,
  call: Call,
  sight: Sight,
  options: DispatchOptions,
): Promise<Reply> {
  const { target, record } = attemptOf(call);
  const bound = boundFor(outlet, call, options.maxOutput);
  const maxTokens = bound instanceof Promise ? await bound : bound;
  const { request: prepared, report, answerPasses } = prepare(outlet, call, maxTokens);
  const request = traced(prepared, options.traceHeaders?.(call));
  record.encoded();
  const firstTokenMs = call.request.stream ? call.firstTokenMs : undefined;
  const sender = { key: call.principal?.name, timeouts: target.timeouts, firstTokenMs };
  const answer = await outlet.send(request, call.life, sender);
  record.replied(answer.status);
  if (answer.status === 200) options.heard?.(call, answer);
  const { nowUnixS } = options;
  const exchange: AnsweredCall = { outlet, call, answer, target, nowUnixS };
  try {
    const body = await read(exchange, answerPasses && sight !== "rewrites", sight);
    const { dialect } = outlet;
    const reply: Reply = {
      life: call.life,
      target,
      dialect: dialect.name,
      report,
      headers: passedHeaders(answer.headers, answer.secrets),
      body,
    };
    return answered(call, reply);
  } catch (error) {
    if (error instanceof GatewayError && concernsCredential(error.fault.reason))
      answer.coolCredential?.(error.fault.reason, error.fault.retryAfterMs);
    answer.cancel();
    throw withProvider(error, outlet.provider, answer);
  }
}

function traced(request: WireRequest, headers: readonly string[] = []): WireRequest {
  return headers.length === 0 ? request : { ...request, headers: [...request.headers, ...headers] };
}

/** A codec whose replies are what it says in `replies`. */
type AnyCodec = Codec<RequestMessage, Message, Quirks, unknown, ReplyBody>;

/** A call that a vendor has answered. */
interface AnsweredCall {
  readonly outlet: WireOutlet;
  readonly call: Call;
  readonly answer: WireAnswer;
  readonly target: Target;
  readonly nowUnixS: DispatchOptions["nowUnixS"];
}

async function read(exchange: AnsweredCall, passes: boolean, sight: Sight): Promise<Body> {
  const { outlet, call, answer } = exchange;
  const { operation, stream } = call.request;
  if (answer.status < 200 || answer.status > 299) throw await failure(exchange);
  const codec = codecOf(outlet.dialect, operation);
  if (codec === undefined) throw unsupported(outlet, operation.name);
  const contentType = answer.headers["content-type"] ?? "";
  if (stream && !isWhole(contentType)) {
    return { kind: "stream", pieces: await readStream(exchange, codec, passes, sight) };
  }
  if (codec.replies === "bytes" && passes && !isWhole(contentType))
    return openBytes(outlet.provider, answer, call.life, contentType);
  const bytes = await answer.bytes();
  attemptOf(call).record.arrived();
  const text = new JsonText(bytes);
  if (stream) return streamed(exchange, codec, text);
  return passes && isReadable(exchange, text)
    ? readUntouched(exchange, codec, text)
    : readWhole(exchange, codec, text);
}

/** Whether clients of the vendor's own dialect can read a whole answer as it is. */
function isReadable({ outlet, call }: AnsweredCall, text: JsonText): boolean {
  const { passthrough } = outlet.dialect;
  const { operation } = call.request;
  return passthrough.readable?.(operation.name, text, call.origin?.json ?? NO_MEMBERS) ?? true;
}

const NO_MEMBERS: JsonObject = {};

/** What a vendor reports in place of an answer. */
async function failure({ outlet: { dialect }, answer }: AnsweredCall): Promise<GatewayError> {
  const { status, headers } = answer;
  if (status < 400 || status > 599) return new GatewayError(noAnswer(status));
  const fault = dialect.decodeError(status, headers, await answer.bytes());
  const final = headers["x-should-retry"]?.trim().toLowerCase() === "false";
  return new GatewayError(final ? { ...fault, final } : fault);
}

/** Whether a reply came whole, even where a stream was requested. */
function isWhole(contentType: string): boolean {
  return /json|html/.test(contentType) && !/ndjson|stream\+json/.test(contentType);
}

function readStream(
  { outlet, call, answer, target, nowUnixS }: AnsweredCall,
  { stream: decoder }: AnyCodec,
  passes: boolean,
  sight: Sight,
): Promise<Flowing<Piece>> {
  if (decoder === undefined) throw unsupported(outlet, `a streamed ${call.request.operation.name}`);
  const wantsUsage = call.origin?.wantsUsage ?? false;
  const context = { callId: call.id, model: target.model, nowUnixS: nowUnixS?.() ?? 0 };
  const raw = (): StreamReader<Piece> =>
    createRawReader(outlet.dialect.passthrough, decoder, wantsUsage, context);
  const source = { decoder, ...context, passes };
  const events = (): StreamReader<Piece> => createEventReader(source);
  const both = (): StreamReader<Piece> => createTwofoldReader(raw(), events());
  const reader = passes ? (sight === "usage" ? raw() : both()) : events();
  const { provider } = outlet;
  return openPieces({
    provider,
    answer,
    life: call.life,
    reader,
    decoder,
    record: attemptOf(call).record,
  });
}

/**
 * A unary body that passes through. What cannot be an answer of any dialect (empty, HTML, the first
 * half of one) must not pass as one. Usage that is found proves that it has an answer where the
 * rest is JSON; without it the body is parsed.
 */
function readUntouched(exchange: AnsweredCall, codec: AnyCodec, text: JsonText): Body {
  const { outlet, call, answer } = exchange;
  const { operation } = call.request;
  const { source: bytes } = text;
  const contentType = answer.headers["content-type"] ?? "";
  const first = firstByte(bytes);
  if (first !== 0x7b && (first !== 0x5b || operation.proven === true))
    throw new GatewayError(notJson(bytes, contentType));
  const usage = outlet.dialect.passthrough.scanUsage(operation.name, text);
  if (usage === undefined || text.mayHave("error")) {
    const fault = faultInside(exchange, codec, text);
    if (fault !== undefined) {
      call.life.took(usage);
      throw new GatewayError(fault);
    }
  } else if (!text.isJson()) {
    throw new GatewayError(unparsable(text));
  }
  attemptOf(call).record.named(modelIn(text));
  call.life.end(wholeEnd(usage));
  let result: Message | undefined;
  const decode = (): Message => {
    result ??= decodeWhole(exchange, codec, new JsonText(bytes));
    return result;
  };
  return { kind: "whole", result: decode, wire: bytes };
}

/** The first byte that is no blank. */
function firstByte(bytes: Uint8Array): number | undefined {
  for (const byte of bytes) if (byte > 0x20) return byte;
  return undefined;
}

/**
 * Some vendors report a failure with status 200, in an `error` or in words of their own. Undefined:
 * it is an answer.
 */
function faultInside(
  { outlet: { dialect, quirks }, call, answer, target }: AnsweredCall,
  codec: AnyCodec,
  text: JsonText,
): Fault | undefined {
  const { source: bytes } = text;
  const parsed = text.parse();
  if (!parsed.ok) return notJson(bytes, "", parsed.error.message);
  const failed =
    isObject(parsed.value) && parsed.value.error !== undefined && parsed.value.error !== null;
  if (failed) return dialect.decodeError(answer.status, answer.headers, bytes);
  if (call.request.operation.proven !== true) return undefined;
  const decoded = codec.decodeResponse(
    { json: parsed.value, bytes },
    { model: target.model, quirks },
  );
  return decoded.ok ? undefined : decoded.fault;
}

function readWhole(exchange: AnsweredCall, codec: AnyCodec, text: JsonText): Body {
  const { call, answer } = exchange;
  if (codec.replies === "bytes" && isWhole(answer.headers["content-type"] ?? "")) {
    const fault = faultInside(exchange, codec, text);
    if (fault !== undefined) throw new GatewayError(fault);
  }
  const result = decodeAnswer(exchange, codec, text);
  attemptOf(call).record.named(modelOf(result));
  call.life.end(wholeEnd(call.request.operation.usageOf(result)));
  return { kind: "whole", result: () => result };
}

/** An answer that came whole to a call for a stream. */
function streamed(exchange: AnsweredCall, codec: AnyCodec, text: JsonText): Body {
  const { call, outlet } = exchange;
  const { operation } = call.request;
  if (operation.stream === undefined) throw unsupported(outlet, `a streamed ${operation.name}`);
  const result = decodeAnswer(exchange, codec, text);
  const events = operation.stream.explode(result);
  attemptOf(call).record.named(modelOf(result));
  call.life.end(wholeEnd(operation.usageOf(result)));
  return { kind: "stream", pieces: once({ events }) };
}

/** Decodes a whole reply for a client of another dialect. Throws the failure that it tells of. */
function decodeAnswer(exchange: AnsweredCall, codec: AnyCodec, text: JsonText): Message {
  const { life, request } = exchange.call;
  const { operation, message } = request;
  const result = decodeWhole(exchange, codec, text);
  const fault = operation.faultOf?.(result, message());
  if (fault === undefined) return result;
  life.took(operation.usageOf(result));
  throw new GatewayError(fault);
}

function decodeWhole(
  { outlet, call, answer, target }: AnsweredCall,
  codec: AnyCodec,
  text: JsonText,
): Message {
  const { operation, message } = call.request;
  const options = { model: target.model, quirks: outlet.quirks };
  const body =
    codec.replies === "bytes"
      ? { bytes: text.source, contentType: answer.headers["content-type"] ?? "" }
      : jsonBody(text);
  const decoded = codec.decodeResponse(body, options);
  // A failure that is reported in place of an answer costs tokens too.
  if (!decoded.ok) call.life.took(outlet.dialect.passthrough.scanUsage(operation.name, text));
  const result = orThrow(decoded, outlet.provider);
  const fitted = operation.fit?.(result, message(), call.id);
  return fitted ?? result;
}

/** A whole reply as JSON. Throws UPSTREAM_MALFORMED where it is none. */
function jsonBody(text: JsonText): JsonBody {
  const { source: bytes } = text;
  const parsed = text.parse();
  if (!parsed.ok) throw new GatewayError(notJson(bytes, "", parsed.error.message));
  return { json: parsed.value, bytes };
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}

/**
 * A status that is no answer and no error of HTTP: whatever it says, it is the vendor that is
 * broken.
 */
function noAnswer(status: number): Fault {
  return {
    reason: ErrorReason.UPSTREAM_MALFORMED,
    message: `the provider answered with status ${status}, which is neither an answer nor an error`,
    ...(status >= 100 && status <= 599 ? { upstreamStatus: status } : undefined),
  };
}

function unparsable(text: JsonText): Fault {
  const parsed = text.parse();
  return notJson(text.source, "", parsed.ok ? undefined : parsed.error.message);
}

function notJson(body: Uint8Array, contentType: string, detail?: string): Fault {
  const what =
    body.length === 0
      ? "an empty body"
      : contentType.includes("html")
        ? "an HTML page"
        : "a body that is not JSON";
  const why = detail === undefined ? "" : `: ${detail}`;
  return {
    reason: ErrorReason.UPSTREAM_MALFORMED,
    message: `the provider answered with ${what}${why}`,
  };
}

/**
 * Adds the provider to a failure and what of its reply callers may see, and takes out what they may
 * not.
 */
function withProvider(error: unknown, provider: string, { headers, secrets }: WireAnswer): unknown {
  if (!(error instanceof GatewayError)) return error;
  const requestId = headers["x-request-id"] ?? headers["request-id"];
  const fault: Fault = {
    provider,
    ...(requestId === undefined ? {} : { upstreamRequestId: requestId }),
    ...error.fault,
  };
  const passed = passedWithError(headers, secrets);
  const clean = {
    ...cleanFault(fault, secrets),
    ...(isEmpty(passed) ? undefined : { upstreamHeaders: passed }),
  };
  return new GatewayError(clean, { cause: error.cause });
}

function isEmpty(headers: Readonly<Record<string, string>>): boolean {
  for (const _name in headers) return false;
  return true;
}
