import { create } from "@bufbuild/protobuf";
import { ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import { Role } from "../../gen/parlance/chat/v1/message_pb.js";
import { HealthCheckKind } from "../../gen/parlance/config/v1/health_check_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Settings } from "../config/settings.ts";
import { type AttemptPlan, handleCall, planAttempt } from "../core/attempt.ts";
import type { Call, Handler, Outlet, Principal } from "../core/call.ts";
import { GatewayError } from "../core/faults/gateway-error.ts";
import { chat } from "../core/operation.ts";
import type { CallInit } from "../edge/gateway-api.ts";
import { limitCall } from "../policies/deadline.ts";
import type { CheckedTarget } from "../policies/routing/health-check/health-checks.ts";
import { listModels } from "./list-models.ts";

/** What a check of a target is made of. */
export interface TargetCheck {
  readonly settings: Settings;
  readonly outlet: (provider: string) => Outlet | undefined;
  /** Makes the call. */
  readonly begin: (init: CallInit) => Call;
  /** A handler that tries what the plan says, by `answer` in the place of the target's where given. */
  readonly tryTarget: (plan: (call: Call) => AttemptPlan, answer?: Handler) => Handler;
  readonly onBug: (error: unknown) => void;
}

/** For whom checks are recorded. It is no key, and nobody can call as it. */
const checker: Principal = {
  name: "health-check",
  admin: false,
  models: undefined,
  strict: false,
};

/**
 * Sends a target a chat of one word, for one token, or requests the list of its vendor's models.
 * The outcome is noted as that of any call.
 */
export async function checkTarget(check: TargetCheck, one: CheckedTarget): Promise<void> {
  const { target, model, timeoutMs, kind } = one;
  const lists = kind === HealthCheckKind.MODELS_LIST;
  const outlet = check.outlet(target.provider);
  const settings = check.settings.resolve(model)?.settings;
  if (outlet === undefined || settings === undefined) return;
  const call = check.begin({
    model,
    request: { operation: chat, stream: false, message: () => oneWord(model) },
    header: () => undefined,
    principal: checker,
  });
  call.trace.identify(checker.name);
  limitCall(call, timeoutMs, ErrorReason.UPSTREAM_TIMEOUT);
  const plan = (begun: Call): AttemptPlan => ({
    ...(lists
      ? { target, outlet, passes: false, losses: settings }
      : planAttempt(begun, target, outlet, settings)),
    model,
    why: "a health check",
  });
  const handler = check.tryTarget(plan, lists ? listModels : undefined);
  try {
    const { body, life } = await handleCall(call, handler);
    if (body.kind === "whole") body.result();
    life.end({ kind: "whole" });
  } catch (error) {
    if (!(error instanceof GatewayError)) check.onBug(error);
  }
}

function oneWord(model: string) {
  const parts = [{ content: { case: "text" as const, value: { text: "Hi" } } }];
  return create(ChatSchema, {
    model,
    messages: [{ role: Role.USER, parts }],
    maxOutputTokens: 1,
  });
}
