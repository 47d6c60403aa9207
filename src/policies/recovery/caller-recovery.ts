import { isMessage } from "@bufbuild/protobuf";
import { type Chat, ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Fallback } from "../../../gen/parlance/chat/v1/fallback_pb.js";
import { CallerRouting } from "../../../gen/parlance/config/v1/model_pb.js";
import { EmbedSpecSchema } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Settings } from "../../config/settings.ts";
import type { AlterCall, Call, CallerRecovery, CallRequest, Principal } from "../../core/call.ts";
import { refusable, type Stage } from "../../core/compose.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { JsonEdits } from "../../json/edit.ts";
import type { JsonObject } from "../../json/json.ts";
import { mayUse } from "../admit.ts";
import type { FindRoutingMembers } from "../routing/routing-members.ts";
import { readGuards, readRecovery, recoveryMembers } from "./recovery-members.ts";

/** A request header whose value says that the vendor is to do the fallbacks of a request. */
export interface HeaderMark {
  /** Lower case. */
  readonly header: string;
  /** What its value holds then. */
  readonly part: string;
}

/** What the stage needs of the world. */
export interface RecoveryWorld {
  readonly vendorFallbacks: readonly HeaderMark[];
  readonly routingMembers: FindRoutingMembers;
}

/**
 * Reads what a caller says is done when its call fails, and which guards look at it, and takes it
 * out of the body, so that no vendor gets it. Models that the caller may not use, or that there are
 * not, are refused before anybody is called. Where the model has `caller_routing: ALLOW`, or a
 * header says that the vendor is meant, all of it is the vendor's.
 */
export function callerRecoveryPolicy(settings: Settings, world: RecoveryWorld): Stage {
  const read = (call: Call): Call => withRecovery(settings, world, call);
  return {
    name: "recovery",
    layer: (next) => (call) => next(read(call)),
    plan: (call) => refusable(call, () => read(call)),
  };
}

function withRecovery(settings: Settings, world: RecoveryWorld, call: Call): Call {
  const found = call.origin === undefined ? ofMessage(call) : ofBody(settings, world, call);
  if (found === undefined || found.recovery === undefined) return call;
  check(settings, found, found.recovery);
  return found;
}

/** The typed fields stay where they are: no dialect sends them. */
function ofMessage(call: Call): Call | undefined {
  const message = call.request.message();
  if (isMessage(message, ChatSchema)) {
    const { fallbacks, disableFallbacks } = message;
    if (fallbacks.length === 0 && disableFallbacks === undefined) return undefined;
    return { ...call, recovery: recoveryOf(fallbacks.map(readFallback), disableFallbacks) };
  }
  if (!isMessage(message, EmbedSpecSchema)) return undefined;
  const { fallbacks, disableFallbacks } = message;
  if (fallbacks.length === 0 && disableFallbacks === undefined) return undefined;
  const models = fallbacks.map((model) => ({ model }));
  return { ...call, recovery: recoveryOf(models, disableFallbacks) };
}

function recoveryOf(
  fallbacks: NonNullable<CallerRecovery["fallbacks"]>,
  disabled: boolean | undefined,
): CallerRecovery {
  return {
    ...(fallbacks.length > 0 && { fallbacks }),
    ...(disabled !== undefined && { disabled }),
  };
}

function readFallback({ model, messages, ...rest }: Fallback) {
  const { sampling, maxOutputTokens, reasoning } = rest;
  const changes: Partial<Chat> = {
    ...(messages.length > 0 && { messages }),
    ...(sampling !== undefined && { sampling }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(reasoning !== undefined && { reasoning }),
  };
  return Object.keys(changes).length === 0 ? { model } : { model, alter: alterChat(changes) };
}

function alterChat(changes: Partial<Chat>): AlterCall {
  return (call) => {
    const { message } = call.request;
    return { ...call, request: { ...call.request, message: () => ({ ...message(), ...changes }) } };
  };
}

function ofBody({ resolve }: Settings, world: RecoveryWorld, call: Call): Call | undefined {
  const { origin, request, model, header } = call;
  const { edit } = request;
  if (origin === undefined || edit === undefined) return undefined;
  const members = recoveryMembers(origin.json);
  if (members.length === 0) return undefined;
  if (resolve(model)?.settings.callerRouting === CallerRouting.ALLOW) return undefined;
  if (world.vendorFallbacks.some((mark) => header(mark.header)?.includes(mark.part) === true))
    return undefined;
  const edits: JsonEdits = Object.fromEntries(members.map((member) => [member, null]));
  const cleaned = edit(edits);
  const editable = withEdit(cleaned.request);
  if (editable === undefined) return undefined;
  const choices = (json: JsonObject) =>
    world.routingMembers({ origin: { ...origin, json }, request });
  const body = { json: origin.json, bytes: origin.body, request: editable, choices };
  const wantedGuards = readGuards(origin.json);
  return {
    ...call,
    ...cleaned,
    recovery: readRecovery(body, model),
    ...(wantedGuards && { wantedGuards }),
  };
}

function withEdit(request: CallRequest) {
  const { edit } = request;
  return edit === undefined ? undefined : { ...request, edit };
}

/** Refuses models that a caller may not use, or that there are not. */
function check(
  { resolve }: Settings,
  { principal }: Call,
  { fallbacks = [], contextFallbacks, contentFallbacks }: CallerRecovery,
): void {
  const known = (model: string, field: string): void => {
    if (principal !== undefined && !mayUse(principal, model))
      throw notListed(principal, model, field);
    if (resolve(model) === undefined) throw unknown(model, field);
  };
  for (const [at, { model }] of fallbacks.entries()) known(model, `fallbacks[${at}]`);
  for (const names of contextFallbacks?.values() ?? [])
    for (const name of names) known(name, "context_window_fallbacks");
  for (const names of contentFallbacks?.values() ?? [])
    for (const name of names) known(name, "content_policy_fallbacks");
}

function notListed({ name: key }: Principal, model: string, field: string): GatewayError {
  return new GatewayError({
    reason: ErrorReason.PERMISSION_DENIED,
    message: `${field}: key ${key} may not use model ${model}`,
    fields: [{ field, message: `not among the models of key ${key}` }],
  });
}

function unknown(model: string, field: string): GatewayError {
  return new GatewayError({
    reason: ErrorReason.UNKNOWN_MODEL,
    message: `${field}: there is no model ${model}: list the models with GET /v1/models. Where the vendor is to fall back, have caller_routing: ALLOW set for the model in the config`,
    fields: [{ field, message: "no such model is configured" }],
  });
}
