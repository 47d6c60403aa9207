import { create } from "@bufbuild/protobuf";
import { type Chat, ChatSchema } from "../gen/parlance/chat/v1/chat_pb.js";
import { CompletionSchema } from "../gen/parlance/chat/v1/completion_pb.js";
import { Role } from "../gen/parlance/chat/v1/message_pb.js";
import { planAttempt } from "../src/core/attempt.ts";
import type { Call, CallRequest, Outlet, Reply } from "../src/core/call.ts";
import { type LossPolicy, lenient } from "../src/core/fidelity/loss-policy.ts";
import { type Clock, type End, Life } from "../src/core/life.ts";
import { chat, type Operation, type RequestMessage } from "../src/core/operation.ts";
import type { Target } from "../src/core/target/target.ts";
import { createTrace } from "../src/core/trace.ts";

/** A chat of one user message. */
export function chatOf(text: string, model = "m"): Chat {
  const parts = [{ content: { case: "text", value: { text } } } as const];
  return create(ChatSchema, { model, messages: [{ role: Role.USER, parts }] });
}

/** A request for an operation. */
export function requestOf<Request extends RequestMessage>(
  operation: Operation<Request>,
  message: Request | (() => Request),
  stream = false,
): CallRequest {
  return { operation, stream, message: typeof message === "function" ? message : () => message };
}

/** A clock that stands still, and whose timers never run. */
export const stopped: Clock = { nowMs: () => 0, schedule: () => () => undefined };

/** A typed call with what a test does not care about filled in; `ends` takes how it ended. */
export function callOf(
  members: Partial<Call> & { readonly ends?: End[]; readonly clock?: Clock } = {},
): Call {
  const { ends, clock = stopped, ...rest } = members;
  const call: Call = {
    id: "call_1",
    model: "m",
    request: requestOf(chat, chatOf("hi")),
    header: () => undefined,
    trace: createTrace(clock.nowMs),
    life: new Life(clock),
    ...rest,
  };
  call.life.atEnd((end) => ends?.push(end));
  return call;
}

/** A way out that nothing is sent by. */
export const noOutlet: Outlet = {
  kind: "local",
  provider: "p",
  handler: () => Promise.reject(new Error("nothing is sent")),
};

/** A call within an attempt at a target. */
export function attemptedCall(
  call: Call,
  target: Target,
  { outlet = noOutlet, losses = lenient }: { outlet?: Outlet; losses?: LossPolicy } = {},
): Call {
  const record = call.trace.begin(target);
  call.life.atEnd((end) => record.ended(end));
  return { ...call, attempt: { ...planAttempt(call, target, outlet, losses), record } };
}

/** A reply to a call, with an empty answer. */
export function replyOf(target: Target, life = new Life(stopped)): Reply {
  const result = create(CompletionSchema);
  return {
    life,
    target,
    dialect: "test",
    report: [],
    headers: {},
    body: { kind: "whole", result: () => result },
  };
}

/** What a promise is rejected with; fails the test where it is not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => Promise.reject(new Error("expected a rejection")),
    (error: unknown) => error,
  );
}
