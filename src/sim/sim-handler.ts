import type { Chat } from "../../gen/parlance/chat/v1/chat_pb.js";
import { CountMethod } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import type { Usage } from "../../gen/parlance/chat/v1/usage_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Call, Handler, Outcome, Output, Target } from "../core/call.ts";
import { GatewayError } from "../core/gateway-error.ts";
import { bringsContent } from "../events/brings-content.ts";
import type { Sim } from "./sim.ts";

/**
 * Answers calls with a simulator, in the place of a vendor behind HTTP. A call must have its
 * target.
 */
export function createSimHandler(sim: Sim): Handler {
  return async (call) => {
    const { target } = call;
    if (target === undefined) throw new Error("sim: the call has no target");
    try {
      const output = await answer(sim, call, target);
      return { target, dialect: "sim", report: [], headers: {}, output };
    } catch (error) {
      throw located(error, target);
    }
  };
}

async function answer(sim: Sim, call: Call, target: Target): Promise<Output> {
  const { request, signal } = call;
  switch (request.operation) {
    case "chat":
      return request.stream
        ? { kind: "events", batches: await streamed(sim, call, target, request.chat()) }
        : { kind: "events", batches: await whole(sim, call, target, request.chat()) };
    case "embed": {
      await sim.wait(target.model, signal);
      const result = sim.embed(request.spec(), target.model);
      call.settle({
        callerGone: false,
        ...(result.usage === undefined ? {} : { usage: result.usage }),
      });
      return { kind: "embeddings", result };
    }
    case "rerank": {
      await sim.wait(target.model, signal);
      const result = sim.rerank(request.spec(), target.model);
      call.settle({
        callerGone: false,
        ...(result.usage === undefined ? {} : { usage: result.usage }),
      });
      return { kind: "ranking", result };
    }
    case "count_tokens": {
      await sim.wait(target.model, signal);
      const inputTokens = sim.countTokens(request.chat());
      call.settle({ callerGone: false });
      return { kind: "token_count", inputTokens, method: CountMethod.VENDOR };
    }
  }
}

async function whole(
  sim: Sim,
  call: Call,
  target: Target,
  chat: Chat,
): Promise<AsyncIterable<readonly Event[]>> {
  const events: Event[] = [];
  let usage: Usage | undefined;
  for await (const event of sim.complete(chat, {
    signal: call.signal,
    model: target.model,
    stream: false,
  })) {
    if (event.event.case === "usage") usage = event.event.value;
    events.push(event);
  }
  call.settle({ callerGone: false, ...(usage === undefined ? {} : { usage }) });
  return once(events);
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}

/**
 * Settles with the first content in hand; whoever leaves the stream ends a wait of the simulator at
 * once.
 */
async function streamed(
  sim: Sim,
  call: Call,
  target: Target,
  chat: Chat,
): Promise<AsyncIterable<readonly Event[]>> {
  const leaving = new AbortController();
  const signal =
    call.signal === undefined ? leaving.signal : AbortSignal.any([call.signal, leaving.signal]);
  const events = sim
    .complete(chat, { signal, model: target.model, stream: true })
    [Symbol.asyncIterator]();
  let usage: Usage | undefined;
  let settled = false;
  const settle = (outcome: Outcome): void => {
    if (settled) return;
    settled = true;
    call.settle(usage === undefined ? outcome : { ...outcome, usage });
  };
  const take = async (): Promise<Event | undefined> => {
    const result = await events.next();
    if (result.done === true) return undefined;
    if (result.value.event.case === "usage") usage = result.value.event.value;
    return result.value;
  };
  let opening = await untilContent(take);
  const next = async (): Promise<IteratorResult<readonly Event[]>> => {
    if (settled) return { done: true, value: undefined };
    try {
      const value =
        opening.length > 0 ? opening : [await take()].filter((event) => event !== undefined);
      opening = [];
      if (value.length > 0) return { done: false, value };
      settle({ callerGone: false });
      return { done: true, value: undefined };
    } catch (error) {
      const failure = located(error, target);
      settle(broken(failure));
      throw failure;
    }
  };
  const leave = async (): Promise<IteratorResult<readonly Event[]>> => {
    settle({ callerGone: true });
    leaving.abort();
    return { done: true, value: undefined };
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: leave }) };
}

/** The events up to the first that brings content, or all where none does. */
async function untilContent(take: () => Promise<Event | undefined>): Promise<readonly Event[]> {
  const opening: Event[] = [];
  for (let event = await take(); event !== undefined; event = await take()) {
    opening.push(event);
    if (bringsContent(event)) break;
  }
  return opening;
}

function broken(error: unknown): Outcome {
  if (!(error instanceof GatewayError)) return { callerGone: false };
  return { callerGone: error.fault.reason === ErrorReason.CANCELLED, fault: error.fault };
}

/**
 * Tells which provider failed, as for one behind HTTP. What is not a GatewayError is a bug and
 * stays as it is.
 */
function located(error: unknown, { provider }: Target): unknown {
  if (!(error instanceof GatewayError) || error.fault.provider !== undefined) return error;
  return new GatewayError({ ...error.fault, provider }, { cause: error, attempts: error.attempts });
}
