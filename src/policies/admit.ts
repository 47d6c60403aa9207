import { CallerRouting, type Model } from "../../gen/parlance/config/v1/model_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Settings } from "../config/settings.ts";
import type { Call, Layer, Principal } from "../core/call.ts";
import { type Plan, refusable, type Stage } from "../core/compose.ts";
import { GatewayError } from "../core/faults/gateway-error.ts";
import type { Labels } from "../core/target/target.ts";
import { hasLabel } from "./routing/filters/label-filter.ts";
import type { FindRoutingMembers, RoutableCall } from "./routing/routing-members.ts";

/** What the layer needs to know of a model. */
interface AdmittedModel {
  readonly settings: Pick<Model, "callerRouting">;
  readonly targets: readonly { readonly labels?: Labels }[];
}

/** What the layer needs of the world. */
export interface AdmitOptions {
  /** The model that a caller's name stands for. */
  readonly resolve: (name: string) => AdmittedModel | undefined;
  /** The guards by name, each of which every caller may have look at texts. Absent: none. */
  readonly guards?: ReadonlyMap<string, unknown> | undefined;
  /** Finds what chooses models or upstreams in a call beside `model`. */
  readonly routingMembers: FindRoutingMembers;
}

/** The stage of the layer below. */
export function admitPolicy(
  { resolve }: Settings,
  { routingMembers, guards }: Pick<AdmitOptions, "routingMembers" | "guards">,
): Stage {
  const options = { resolve, routingMembers, guards };
  return { name: "admit", layer: admit(options), plan: planAdmit(options) };
}

/**
 * Puts the model in place of a name that the caller's key has for it, and the one that an end user
 * has in place of models without targets for it. Refuses models that the key
 * does not list, also where they are chosen at the vendor by other members of the call than
 * `model`. Calls of keys without a list are not looked into.
 */
export function admit(options: AdmitOptions): Layer {
  return (next) => (call) => next(served(options, admitted(options, call)));
}

/** Whether the caller's key lists the model. */
export function planAdmit(options: AdmitOptions): (call: Call) => Plan {
  return (call) => refusable(call, () => served(options, admitted(options, call)));
}

function admitted(options: AdmitOptions, call: Call): Call {
  const { principal, model } = call;
  const operation = call.request.operation.name;
  if (principal?.operations?.has(operation) === false) throw operationRefusal(principal, operation);
  if (goesToGuards(options, operation, model)) return call;
  const stands = principal?.aliases?.get(model);
  if (stands !== undefined) return chosen(options, { ...call, model: stands });
  if (principal?.models === undefined) return call;
  if (!mayUse(principal, model)) throw modelRefusal(principal, model);
  return chosen(options, call);
}

/** Whether guards alone look at a call that names no model, or one of them in its place. */
function goesToGuards({ guards, resolve }: AdmitOptions, operation: string, model: string) {
  if (operation === "guard") return model === "";
  return operation === "moderate" && guards?.has(model) === true && resolve(model) === undefined;
}

/** The call to the model of its end user, where no target of its own has the labels of that. */
function served(options: AdmitOptions, call: Call): Call {
  const { endUser, principal } = call;
  const { labels, defaultModel: model = "" } = endUser ?? {};
  if (endUser === undefined || labels === undefined || model === "" || model === call.model)
    return call;
  const wanted = Object.entries(labels);
  const fits = (target: { readonly labels?: Labels }) =>
    wanted.every(([name, value]) => hasLabel(target.labels, name, value));
  if (options.resolve(call.model)?.targets.some(fits) !== false) return call;
  if (principal !== undefined && !mayUse(principal, model)) throw modelRefusal(principal, model);
  const why = `no target of ${call.model} has the labels of the end user ${endUser.id}, whose calls go to ${model}`;
  return chosen(options, { ...call, model, ruling: { rules: [], why } });
}

/** A call whose model is allowed. Throws where other members of it may choose another. */
function chosen({ resolve, routingMembers }: AdmitOptions, call: Call): Call {
  checkMembers({ routingMembers }, call, resolve(call.model));
  return call;
}

/**
 * Refuses what chooses models at the vendor beside the one that a call goes to, where its key lists
 * models. `resolved`: the model that it goes to.
 */
export function checkMembers(
  { routingMembers }: Pick<AdmitOptions, "routingMembers">,
  call: Call,
  resolved: AdmittedModel | undefined,
): void {
  const { principal, model } = call;
  if (principal?.models === undefined || resolved === undefined || allowsRouting(resolved)) return;
  const members = routingMembers(call);
  if (members.length > 0) throw memberRefusal(principal, model, members);
}

/** Whether a principal may use a model by this name. */
export function mayUse(principal: Principal, model: string): boolean {
  return principal.models === undefined || principal.models.has(model);
}

/**
 * Whether a call may go to a model with the choices of models that it makes at the vendor, if it
 * makes any.
 */
export function mayChoose(
  { routingMembers }: AdmitOptions,
  call: RoutableCall & Pick<Call, "principal">,
  model: AdmittedModel,
): boolean {
  return (
    call.principal?.models === undefined ||
    allowsRouting(model) ||
    routingMembers(call).length === 0
  );
}

function allowsRouting({ settings }: AdmittedModel): boolean {
  return settings.callerRouting === CallerRouting.ALLOW;
}

function operationRefusal({ name }: Principal, operation: string): GatewayError {
  return new GatewayError({
    reason: ErrorReason.PERMISSION_DENIED,
    message: `key ${name} may not call the operation ${operation}`,
  });
}

function modelRefusal({ name }: Principal, model: string): GatewayError {
  return new GatewayError({
    reason: ErrorReason.PERMISSION_DENIED,
    message: `key ${name} may not use model ${model}`,
    fields: [{ field: "model", message: `not among the models of key ${name}` }],
  });
}

function memberRefusal(
  { name: key }: Principal,
  model: string,
  members: readonly string[],
): GatewayError {
  return new GatewayError({
    reason: ErrorReason.PERMISSION_DENIED,
    message:
      `key ${key} may use listed models only, and ${members.join(", ")} can choose others at the vendor: leave it out, ` +
      `or have caller_routing: ALLOW set for the model ${model} in the config`,
    fields: members.map((field) => ({
      field,
      message: `chooses models or upstreams beyond the list of key ${key}`,
    })),
  });
}
