import { create } from "@bufbuild/protobuf";
import { type Chat, ChatSchema } from "../gen/parlance/chat/v1/chat_pb.js";
import { Role } from "../gen/parlance/chat/v1/message_pb.js";
import type { Call, Outcome, Reply, Target } from "../src/core/call.ts";
import { createTrace } from "../src/core/trace.ts";

/** A chat of one user message. */
export function chatOf(text: string, model = "m"): Chat {
  const parts = [{ content: { case: "text", value: { text } } } as const];
  return create(ChatSchema, { model, messages: [{ role: Role.USER, parts }] });
}

/** A typed call with what a test does not care about filled in. */
export function callOf(members: Partial<Call> & { readonly outcomes?: Outcome[] } = {}): Call {
  const { outcomes, ...given } = members;
  return {
    id: "call_1",
    model: "m",
    request: { operation: "chat", stream: false, chat: () => chatOf("hi") },
    header: () => undefined,
    trace: createTrace(() => 0),
    settle: (outcome) => outcomes?.push(outcome),
    ...given,
  };
}

/** A reply without events. */
export function replyOf(target: Target): Reply {
  return {
    target,
    dialect: "test",
    report: [],
    headers: {},
    output: { kind: "events", batches: nothing() },
  };
}

async function* nothing(): AsyncGenerator<never> {
  yield* [];
}

/** What a promise is rejected with; fails the test where it is not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => Promise.reject(new Error("expected a rejection")),
    (error: unknown) => error,
  );
}
