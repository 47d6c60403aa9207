import { create } from "@bufbuild/protobuf";
import { ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import { Role } from "../../gen/parlance/chat/v1/message_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Settings } from "../config/settings.ts";
import { type AttemptPlan, handleCall, planAttempt } from "../core/attempt.ts";
import type { Call, Handler, Outlet, Principal } from "../core/call.ts";
import { GatewayError } from "../core/faults/gateway-error.ts";
import { chat } from "../core/operation.ts";
import type { CallInit } from "../edge/gateway-api.ts";
import { limitCall } from "../policies/deadline.ts";
import type { CheckedTarget } from "../policies/routing/health-check/health-checks.ts";

/** What a check of a target is made of. */
export interface TargetCheck {
  readonly settings: Settings;
  readonly outlet: (provider: string) => Outlet | undefined;
  /** Makes the call. */
  readonly begin: (init: CallInit) => Call;
  /** A handler that tries what the plan says. */
  readonly tryTarget: (plan: (call: Call) => AttemptPlan) => Handler;
  readonly onBug: (error: unknown) => void;
}

/** For whom checks are recorded. It is no key, and nobody can call as it. */
const checker: Principal = {
  name: "health-check",
  admin: false,
  models: undefined,
  strict: false,
};

/** Sends a target a chat of one word, for one token. Its outcome is noted as that of any call. */
export async function checkTarget(check: TargetCheck, one: CheckedTarget): Promise<void> {
  const { target, model, timeoutMs } = one;
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
  const handler = check.tryTarget((begun) => ({
    ...planAttempt(begun, target, outlet, settings),
    model,
    why: "a health check",
  }));
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
