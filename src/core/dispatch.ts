import { CountMethod } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { explode } from "../events/explode.ts";
import { nameToolCalls } from "../events/name-tool-calls.ts";
import { isJson } from "../json/is-json.ts";
import { asBuffer, isObject, parseJson } from "../json/json.ts";
import { arrangeRanking } from "./arrange-ranking.ts";
import type { Call, Handler, Outcome, Output, Reply, Target } from "./call.ts";
import { cleanFault } from "./clean-fault.ts";
import { convertEmbeddings } from "./convert-embeddings.ts";
import type { Operation } from "./dialect.ts";
import { decodedBatches, type OpenStream, rawChunks } from "./dispatch-stream.ts";
import type { Fault } from "./fault.ts";
import { GatewayError } from "./gateway-error.ts";
import type { Outlet, WireAnswer, WireOutlet } from "./outlet.ts";
import { outletFor } from "./outlet-for.ts";
import { passedHeaders, passedWithError } from "./passed-headers.ts";
import { boundFor, type MaxOutput, orThrow, prepare, unsupported } from "./prepare-request.ts";

/** What dispatch needs of the world. */
export interface DispatchOptions {
  /** The way out to a provider. Undefined where there is no such provider. */
  readonly outlet: (provider: string) => Outlet | undefined;
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number;
  /**
   * The most tokens that an answer of a target may have; asked only where the vendor demands a
   * bound and the caller says none. Absent: it is not known of any.
   */
  readonly maxOutput?: MaxOutput;
}

/**
 * The innermost handler: one try at `call.target`. Where the caller speaks the target's dialect its
 * bytes are sent with the declared edits only and the reply's bytes handed back; otherwise both are
 * translated through the contract.
 */
export function dispatch(options: DispatchOptions): Handler {
  return (call) => {
    const target = call.target;
    if (target === undefined) throw new Error("dispatch: the call has no target");
    const outlet = options.outlet(target.provider);
    if (outlet === undefined) throw new Error(`dispatch: no provider ${target.provider}`);
    return outlet.kind === "local"
      ? local(outlet.handler, call, options)
      : tryOnce(outletFor(outlet, call, target), call, target, options);
  };
}

async function local(handler: Handler, call: Call, options: DispatchOptions): Promise<Reply> {
  return recorded(call, options, "sim", (tried) =>
    handler(tried).then((reply) => ({ reply, status: 0 })),
  );
}

function tryOnce(
  outlet: WireOutlet,
  asked: Call,
  target: Target,
  options: DispatchOptions,
): Promise<Reply> {
  return recorded(asked, options, outlet.dialect.name, async (call) => {
    const bound = boundFor(outlet, call, target, options.maxOutput);
    const { request, report, passthrough } = prepare(
      outlet,
      call,
      target,
      bound instanceof Promise ? await bound : bound,
    );
    const answer = await outlet.send(request, call.signal, call.principal?.name);
    try {
      const output = await read(outlet, call, answer, passthrough);
      const headers = passedHeaders(answer.headers, answer.secrets);
      const reply = { target, dialect: outlet.dialect.name, report, headers, output };
      return { reply, status: answer.status };
    } catch (error) {
      answer.cancel();
      throw located(error, outlet.provider, answer);
    }
  });
}

/**
 * Times the try and records it in the trace, whatever comes of it. A reply that is whole at once
 * settles after that.
 */
async function recorded(
  call: Call,
  options: DispatchOptions,
  dialect: string,
  attempt: (call: Call) => Promise<{ readonly reply: Reply; readonly status: number }>,
): Promise<Reply> {
  const target = call.target ?? { provider: "", model: "" };
  const startedMs = options.nowMs();
  const durationUs = (): number => Math.round((options.nowMs() - startedMs) * 1000);
  let settle: Call["settle"] | undefined;
  let early: Outcome | undefined;
  const settleInTime = (outcome: Outcome): void => {
    if (settle === undefined) early = outcome;
    else settle(outcome);
  };
  try {
    const { reply, status } = await attempt({ ...call, settle: settleInTime });
    call.trace.attempt({ target, dialect, durationUs: durationUs(), status });
    settle = call.settle;
    if (early !== undefined) settle(early);
    return reply;
  } catch (error) {
    if (error instanceof GatewayError) {
      const fault = error.fault;
      call.trace.attempt({
        target,
        dialect,
        durationUs: durationUs(),
        fault,
        status: fault.upstreamStatus ?? 0,
      });
    }
    throw error;
  }
}

async function read(
  outlet: WireOutlet,
  call: Call,
  answer: WireAnswer,
  passthrough: boolean,
): Promise<Output> {
  if (answer.status < 200 || answer.status > 299) {
    if (answer.status < 400 || answer.status > 599) throw new GatewayError(noAnswer(answer.status));
    throw new GatewayError(
      outlet.dialect.decodeError(answer.status, answer.headers, await answer.bytes()),
    );
  }
  const contentType = answer.headers["content-type"] ?? "";
  const whole = /json|html/.test(contentType) && !/ndjson|stream\+json/.test(contentType);
  if (call.request.operation === "chat" && call.request.stream && !whole) {
    return readStream(outlet, call, answer, passthrough);
  }
  const body = await answer.bytes();
  return passthrough && mayPass(outlet, call, body)
    ? readUntouched(outlet, call, answer, body, contentType)
    : readWhole(outlet, call, body);
}

/**
 * An answer that its caller could not read is translated: one that came whole and was to be a
 * stream, or an odd one.
 */
function mayPass({ dialect }: WireOutlet, { request }: Call, body: Uint8Array): boolean {
  if (request.operation === "chat" && request.stream) return false;
  return dialect.passthrough.readable?.(request.operation, body) ?? true;
}

async function readStream(
  outlet: WireOutlet,
  call: Call,
  answer: WireAnswer,
  passthrough: boolean,
): Promise<Output> {
  const stream: OpenStream = { dialect: outlet.dialect, provider: outlet.provider, answer, call };
  if (!passthrough) return { kind: "events", batches: await decodedBatches(stream) };
  const wantsUsage = call.origin?.wantsUsage ?? false;
  return { kind: "frames", chunks: await rawChunks(stream, wantsUsage) };
}

/**
 * A unary body that passes through. What cannot be an answer of any dialect (empty, HTML, the first
 * half of one) must not pass as one. Usage that is found at the end of the body proves that it has
 * an answer where the rest is JSON; without it the body is parsed.
 */
function readUntouched(
  outlet: WireOutlet,
  call: Call,
  answer: WireAnswer,
  body: Uint8Array,
  contentType: string,
): Output {
  const { operation } = call.request;
  const first = body.find((byte) => byte > 0x20);
  if (first !== 0x7b && (first !== 0x5b || operation === "chat"))
    throw new GatewayError(notJson(body, contentType));
  const usage = outlet.dialect.passthrough.scanUsage(operation, body);
  if (usage === undefined || asBuffer(body).includes('"error"')) {
    const fault = faultInside(outlet, operation, answer, body);
    if (fault !== undefined) throw new GatewayError(fault);
  } else if (!isJson(body)) {
    throw new GatewayError(unparsable(body));
  }
  call.settle({ callerGone: false, ...(usage === undefined ? {} : { usage }) });
  return { kind: "bytes", body };
}

/**
 * Some vendors report a failure with status 200, in an `error` or in words of their own. Undefined:
 * it is an answer.
 */
function faultInside(
  { dialect }: WireOutlet,
  operation: Operation,
  answer: WireAnswer,
  body: Uint8Array,
): Fault | undefined {
  const parsed = parseJson(body);
  if (!parsed.ok) return notJson(body, "", parsed.error.message);
  const failed =
    isObject(parsed.value) && parsed.value.error !== undefined && parsed.value.error !== null;
  if (failed) return dialect.decodeError(answer.status, answer.headers, body);
  if (operation !== "chat") return undefined;
  const decoded = dialect.decodeResponse(parsed.value, body);
  return decoded.ok ? undefined : decoded.fault;
}

function readWhole(outlet: WireOutlet, call: Call, body: Uint8Array): Output {
  const { dialect, provider } = outlet;
  const parsed = parseJson(body);
  if (!parsed.ok) throw new GatewayError(notJson(body, "", parsed.error.message));
  switch (call.request.operation) {
    case "chat": {
      const completion = orThrow(
        dialect.decodeResponse(parsed.value, body, call.target?.model),
        provider,
      );
      call.settle({
        callerGone: false,
        ...(completion.usage === undefined ? {} : { usage: completion.usage }),
      });
      return { kind: "events", batches: once(nameToolCalls(explode(completion), call.id)) };
    }
    case "embed": {
      if (dialect.embed === undefined) throw unsupported(outlet, "embed");
      const result = orThrow(dialect.embed.decodeResponse(parsed.value, outlet.quirks), provider);
      call.settle({
        callerGone: false,
        ...(result.usage === undefined ? {} : { usage: result.usage }),
      });
      return {
        kind: "embeddings",
        result: convertEmbeddings(result, call.request.spec().encoding),
      };
    }
    case "count_tokens": {
      if (dialect.countTokens === undefined) throw unsupported(outlet, "count_tokens");
      const inputTokens = orThrow(dialect.countTokens.decodeResponse(parsed.value), provider);
      call.settle({ callerGone: false });
      return { kind: "token_count", inputTokens, method: CountMethod.VENDOR };
    }
    case "rerank": {
      if (dialect.rerank === undefined) throw unsupported(outlet, "rerank");
      const result = orThrow(dialect.rerank.decodeResponse(parsed.value, body), provider);
      call.settle({
        callerGone: false,
        ...(result.usage === undefined ? {} : { usage: result.usage }),
      });
      return { kind: "ranking", result: arrangeRanking(result, call.request.spec()) };
    }
  }
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

function unparsable(body: Uint8Array): Fault {
  const parsed = parseJson(body);
  return parsed.ok ? notJson(body, "") : notJson(body, "", parsed.error.message);
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
function located(error: unknown, provider: string, { headers, secrets }: WireAnswer): unknown {
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
  return new GatewayError(clean, { cause: error.cause, attempts: error.attempts });
}

function isEmpty(headers: Readonly<Record<string, string>>): boolean {
  for (const _name in headers) return false;
  return true;
}
