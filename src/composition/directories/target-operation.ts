import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type TargetOrder as OrderMessage,
  TargetOrderSchema,
  TargetState,
} from "../../../gen/parlance/admin/v1/model_pb.js";
import {
  type SetTargetStateRequest,
  type SetTargetStateResponse,
  SetTargetStateResponseSchema,
} from "../../../gen/parlance/admin/v1/model_service_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Settings } from "../../config/settings.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { nearestName } from "../../core/names/nearest-name.ts";
import type { Target } from "../../core/target/target.ts";
import type { TargetOperation } from "../../edge/gateway-api.ts";
import type { HealthTracker } from "../../policies/routing/circuits/health.ts";
import type {
  OrderState,
  TargetOrder,
  TargetOrders,
} from "../../policies/routing/operator/target-orders.ts";
import { untilTime } from "./until-time.ts";

/** What operators act on. */
export interface OperationOptions {
  readonly settings: () => Settings;
  readonly health: HealthTracker;
  readonly orders: TargetOrders;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
}

/** Lets operators take targets out of service, and close circuits. */
export function createTargetOperation(options: OperationOptions): TargetOperation {
  const { settings, health, orders, wallMs } = options;
  return {
    set(request, by): SetTargetStateResponse {
      const { target, model, state, closeCircuit } = request;
      if (state === TargetState.UNSPECIFIED && !closeCircuit)
        throw invalid("state", "set a state, or close_circuit: there is nothing to do");
      const targets = targetsOf(settings(), health, request);
      const order = orderOf(request, by, wallMs());
      if (state !== TargetState.UNSPECIFIED && !orders.set({ target, model }, order))
        throw invalid("target", "operators have set as many targets as can be remembered");
      const closed = closeCircuit ? targets.filter((one) => health.close(one)).length : 0;
      const [first] = targets;
      const held = first === undefined ? order : orders.of(first, model);
      return create(SetTargetStateResponseSchema, {
        closedCircuits: closed,
        ...(held === undefined ? {} : { order: describeOrder(held) }),
      });
    },
  };
}

/** An order as ModelService shows it. */
export function describeOrder({ state, sinceMs, untilMs, reason, by }: TargetOrder): OrderMessage {
  return create(TargetOrderSchema, {
    state: states[state],
    since: timestampFromMs(sinceMs),
    ...(untilMs === undefined ? {} : { until: timestampFromMs(untilMs) }),
    reason,
    by,
  });
}

const states: Readonly<Record<OrderState, TargetState>> = {
  drained: TargetState.DRAINED,
  disabled: TargetState.DISABLED,
};

/** Undefined: it is active. */
function orderOf(
  { state, until, reason }: SetTargetStateRequest,
  by: string,
  nowMs: number,
): TargetOrder | undefined {
  const active = state === TargetState.ACTIVE || state === TargetState.UNSPECIFIED;
  if (active && until !== undefined)
    throw invalid("until", "goes with DRAINED and DISABLED: what is ACTIVE does not end");
  if (active) return undefined;
  const untilMs = untilTime(until, nowMs);
  const named: OrderState = state === TargetState.DISABLED ? "disabled" : "drained";
  return {
    state: named,
    sinceMs: nowMs,
    reason,
    by,
    ...(untilMs === undefined ? {} : { untilMs }),
  };
}

/** The targets that are meant; throws NOT_FOUND with the nearest name where there are none. */
function targetsOf(
  settings: Settings,
  health: HealthTracker,
  { target, model }: Pick<SetTargetStateRequest, "target" | "model">,
): readonly Target[] {
  const { models, providers } = settings;
  const [only] = model === "" ? [] : [models.get(model)];
  if (model !== "" && only === undefined)
    throw unknown("model", `there is no model ${model} in the configuration`, model, models.keys());
  const all = (only === undefined ? [...models.values()] : [only]).flatMap((one) => one.targets);
  const slash = target.indexOf("/");
  const [provider, name] = [target.slice(0, slash), target.slice(slash + 1)];
  const meant = all.filter(
    (one) => one.provider === provider && (name === "*" || one.model === name),
  );
  if (meant.length > 0) return distinct(meant);
  // It may be called by its own name, and then it has a record.
  const direct = { provider, model: name };
  const known = only === undefined && providers.has(provider);
  if (known && (name === "*" || health.of(direct) !== undefined))
    return name === "*" ? [] : [direct];
  const where = only === undefined ? "no model has" : `model ${model} has no`;
  throw unknown("target", `${where} target ${target}`, target, all.map(nameOf));
}

function nameOf({ provider, model }: Target): string {
  return `${provider}/${model}`;
}

/** Models share targets. */
function distinct(targets: readonly Target[]): readonly Target[] {
  return [...new Map(targets.map((one) => [nameOf(one), one])).values()];
}

function unknown(
  field: string,
  message: string,
  name: string,
  known: Iterable<string>,
): GatewayError {
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? "" : `; did you mean ${nearest}?`;
  return new GatewayError({
    reason: ErrorReason.NOT_FOUND,
    message: `${message}${hint}`,
    fields: [{ field, message: `${message}${hint}` }],
  });
}

function invalid(field: string, message: string): GatewayError {
  return new GatewayError({
    reason: ErrorReason.INVALID_REQUEST,
    message: `${field}: ${message}`,
    fields: [{ field, message }],
  });
}
