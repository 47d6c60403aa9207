import { isMessage } from "@bufbuild/protobuf";
import type { FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { UnknownFields } from "../../../gen/parlance/config/v1/model_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { ModelTraits } from "../../../gen/parlance/model/v1/model_traits_pb.js";
import { attemptOf } from "../attempt.ts";
import type { Call } from "../call.ts";
import {
  codecOf,
  type Decoded,
  type Dialect,
  type Encoded,
  type EncodeOptions,
} from "../dialect.ts";
import { invalidField } from "../faults/fault.ts";
import { GatewayError } from "../faults/gateway-error.ts";
import { lossFault } from "../fidelity/loss-policy.ts";
import { adjustUnknown, checkDemands } from "../fidelity/unknown-fields.ts";
import type { RequestMessage } from "../operation.ts";
import { forwardedHeader } from "../target/forwarded-header.ts";
import type { WireOutlet } from "../target/outlet.ts";
import { encodeOptionsOf } from "../target/outlet-for.ts";
import type { Target } from "../target/target.ts";
import { fitChat } from "../traits/fit-chat.ts";
import type { WireRequest } from "../wire-request.ts";
import { staysInPlace } from "./url-path.ts";

/** Finds the most tokens that a model writes. Undefined: it is not known. */
export type MaxOutput = (target: Target) => number | undefined | Promise<number | undefined>;

/** A request as the vendor gets it, and what became of its fields. */
export interface Prepared {
  readonly request: WireRequest;
  readonly report: readonly FieldReport[];
  /** Whether the bytes of the answer are for the caller, who speaks the vendor's dialect. */
  readonly answerPasses: boolean;
}

/**
 * The bound on the answer that the vendor demands and the caller does not set. Undefined: none is
 * needed, or none is known.
 */
export function boundFor(
  outlet: WireOutlet,
  call: Call,
  maxOutput: MaxOutput | undefined,
): number | undefined | Promise<number | undefined> {
  const { operation, message } = call.request;
  if (outlet.dialect.demandsMaxTokens !== true || operation.maxOutputTokens === undefined)
    return undefined;
  const { passes, target } = attemptOf(call);
  if (passes || operation.maxOutputTokens(message()) !== undefined) return undefined;
  return maxOutput?.(target);
}

/**
 * The request as the vendor gets it, `maxOutputTokens` where `boundFor` gave one. Also what Explain
 * shows.
 */
export function prepare(outlet: WireOutlet, call: Call, maxOutputTokens?: number): Prepared {
  const { operation } = call.request;
  const { target, passes, fit, losses } = attemptOf(call);
  if (!outlet.operations.has(operation.name)) throw unsupported(outlet, operation.name);
  const { fidelity, name, passthrough } = outlet.dialect;
  const keeps = passthrough.keeps?.(outlet.quirks) ?? true;
  if (!keeps || !passes)
    checkDemands(
      call.request.beside?.(),
      keeps ? (fidelity[operation.table]?.dialect ?? name) : undefined,
    );
  const known = encodeOptionsOf(outlet, call, target);
  const encode = maxOutputTokens === undefined ? known : { ...known, maxOutputTokens };
  const passed = passes ? passedBytes(outlet, call, encode) : undefined;
  const { request, report } = passed ?? encodeWith(outlet, call, encode, losses.unknownFields);
  const loss = losses.strict ? lossFault(report) : undefined;
  if (loss !== undefined) throw new GatewayError({ ...loss, provider: outlet.provider });
  const placed = inPlace(request, outlet);
  const spoken = call.origin?.dialect === outlet.dialect.name;
  return {
    request: spoken ? withForwarded(placed, outlet, call) : placed,
    report,
    answerPasses: spoken && (passes || fit === "encoded"),
  };
}

/** The caller's own bytes as the vendor gets them; undefined where there are none. */
function passedBytes(
  { dialect: { passthrough } }: WireOutlet,
  call: Call,
  encode: EncodeOptions,
): Encoded | undefined {
  const { origin, request } = call;
  const { fit } = attemptOf(call);
  if (origin === undefined) return undefined;
  const operation = request.operation.name;
  if (typeof fit !== "object")
    return { request: passthrough.request(operation, origin.body, encode), report: [] };
  const { body, edits, report } = fit;
  const options = edits === undefined ? encode : { ...encode, edits };
  return { request: passthrough.request(operation, body, options), report };
}

/** Many vendors have the model in the path: its name must not lead to another path of theirs. */
function inPlace(request: WireRequest, { provider }: WireOutlet): WireRequest {
  if (staysInPlace(request.path)) return request;
  const message =
    "between its slashes it has a part that is empty, `.` or `..`, which the vendor's path cannot hold";
  throw new GatewayError({ ...invalidField("model", message), provider });
}

function encodeWith(
  outlet: WireOutlet,
  { request: { operation, message, beside } }: Call,
  encode: EncodeOptions,
  unknown: UnknownFields,
): Encoded {
  const { dialect, provider } = outlet;
  const codec = codecOf(dialect, operation);
  if (codec === undefined) throw unsupported(outlet, operation.name);
  const extras = dialect.fidelity[operation.table]?.dialect ?? dialect.name;
  const rule = { dialect: extras, policy: unknown, beside: beside?.() };
  const adjusted = adjustUnknown(message(), rule);
  const fitted = fitToModel(adjusted.request, dialect, encode.traits);
  const { request, report } = orThrow(codec.encodeRequest(fitted.request, encode), provider);
  return { request, report: adjusted.report([...fitted.report, ...report]) };
}

/** A conversation as its model takes it; other requests as they are. */
function fitToModel(
  request: RequestMessage,
  { fitsThinking }: Dialect,
  traits: ModelTraits | undefined,
): { readonly request: RequestMessage; readonly report: readonly FieldReport[] } {
  if (traits === undefined || !isMessage(request, ChatSchema)) return { request, report: [] };
  const { chat, report } = fitChat(request, traits, fitsThinking === true);
  return { request: chat, report };
}

/**
 * Adds the caller's own headers that the vendor's dialect knows; a header the dialect itself sets
 * gives way.
 */
function withForwarded(request: WireRequest, outlet: WireOutlet, call: Call): WireRequest {
  let headers: string[] | undefined;
  const { fitHeader } = outlet.dialect;
  const operation = call.request.operation.name;
  for (const name of outlet.forwardedHeaders) {
    const value = forwardedHeader(call.header, name);
    if (value === undefined) continue;
    headers ??= [...request.headers];
    const at = headers.findIndex((header, index) => index % 2 === 0 && header === name);
    const own = at < 0 ? "" : (headers[at + 1] ?? "");
    const sent = fitHeader?.({ name, value, own, operation }) ?? value;
    if (at >= 0) headers[at + 1] = sent;
    else if (sent !== "" || fitHeader === undefined) headers.push(name, sent);
  }
  return headers === undefined ? request : { ...request, headers };
}

/** The failure of a provider that does not serve an operation. */
export function unsupported(outlet: WireOutlet, operation: string): GatewayError {
  const message = `provider ${outlet.provider} (${outlet.dialect.name}) does not serve the operation ${operation}`;
  return new GatewayError({ reason: ErrorReason.UNSUPPORTED, message, provider: outlet.provider });
}

/** The value, or the fault thrown as the provider's. */
export function orThrow<T>(decoded: Decoded<T>, provider: string): T {
  if (decoded.ok) return decoded.value;
  throw new GatewayError({ ...decoded.fault, provider });
}
