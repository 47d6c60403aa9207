import type { Message } from "@bufbuild/protobuf";
import { ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import {
  CountMethod,
  type CountTokensResponse,
} from "../../gen/parlance/chat/v1/chat_service_pb.js";
import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import type { Usage } from "../../gen/parlance/chat/v1/usage_pb.js";
import { EmbedSpecSchema } from "../../gen/parlance/embed/v1/embedding_pb.js";
import { RerankSpecSchema } from "../../gen/parlance/rerank/v1/ranking_pb.js";
import { attemptOf } from "../core/attempt.ts";
import type { Body, Call, Handler, Piece } from "../core/call.ts";
import { GatewayError } from "../core/gateway-error.ts";
import { endOf, leftEnd, wholeEnd } from "../core/life.ts";
import { expectMessage, type OperationName } from "../core/operation.ts";
import type { Target } from "../core/target.ts";
import { bringsContent } from "../events/brings-content.ts";
import { collect } from "../events/collect.ts";
import type { Sim } from "./sim.ts";

/** Answers calls with a simulator, in the place of a vendor behind HTTP. */
export function createSimHandler(sim: Sim): Handler {
  return async (call) => {
    const { target } = attemptOf(call);
    try {
      const body = await answer(sim, call, target);
      return { life: call.life, target, dialect: "sim", report: [], headers: {}, body };
    } catch (error) {
      throw located(error, target);
    }
  };
}

async function answer(sim: Sim, call: Call, target: Target): Promise<Body> {
  const { operation, stream } = call.request;
  if (stream && operation.name === "chat")
    return { kind: "stream", pieces: await streamed(sim, call, target) };
  const result = await answers[operation.name](sim, call, target);
  call.life.end(wholeEnd(operation.usageOf(result)));
  return { kind: "whole", result: () => result };
}

type Answer = (sim: Sim, call: Call, target: Target) => Promise<Message>;

/** What each operation is answered with whole. */
const answers: Readonly<Record<OperationName, Answer>> = {
  chat: async (sim, call, { model }) => {
    const chat = expectMessage(call.request.message(), ChatSchema);
    const events: Event[] = [];
    const options = { life: call.life, model, stream: false };
    for await (const event of sim.complete(chat, options)) events.push(event);
    return collect(events);
  },
  count_tokens: async (sim, call, { model }) => {
    await sim.wait(model, call.life);
    const chat = expectMessage(call.request.message(), ChatSchema);
    const result: CountTokensResponse = {
      $typeName: "parlance.chat.v1.CountTokensResponse",
      inputTokens: BigInt(sim.countTokens(chat)),
      method: CountMethod.VENDOR,
    };
    return result;
  },
  embed: async (sim, call, { model }) => {
    await sim.wait(model, call.life);
    return sim.embed(expectMessage(call.request.message(), EmbedSpecSchema), model);
  },
  rerank: async (sim, call, { model }) => {
    await sim.wait(model, call.life);
    return sim.rerank(expectMessage(call.request.message(), RerankSpecSchema), model);
  },
};

/**
 * Settles with the first content in hand; whoever leaves the stream ends a wait of the simulator at
 * once.
 */
async function streamed(sim: Sim, call: Call, target: Target): Promise<AsyncIterable<Piece>> {
  const { life } = call;
  const chat = expectMessage(call.request.message(), ChatSchema);
  const waiting = life.child();
  const options = { life: waiting, model: target.model, stream: true };
  const events = sim.complete(chat, options)[Symbol.asyncIterator]();
  let usage: Usage | undefined;
  const take = async (): Promise<Event | undefined> => {
    const result = await events.next();
    if (result.done === true) return undefined;
    if (result.value.event.case === "usage") usage = result.value.event.value;
    return result.value;
  };
  let opening = await untilContent(take);
  const next = async (): Promise<IteratorResult<Piece>> => {
    if (life.ended !== undefined) return { done: true, value: undefined };
    try {
      const batch =
        opening.length > 0 ? opening : [await take()].filter((event) => event !== undefined);
      opening = [];
      if (batch.length > 0) return { done: false, value: { events: batch } };
      life.end(wholeEnd(usage));
      return { done: true, value: undefined };
    } catch (error) {
      const failure = located(error, target);
      life.end(endOf(failure, life, usage));
      throw failure;
    }
  };
  const leave = async (): Promise<IteratorResult<Piece>> => {
    life.end(leftEnd(usage));
    waiting.abort();
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

/**
 * Adds the provider to a failure, as for one behind HTTP. What is not a GatewayError is a bug and
 * stays as it is.
 */
function located(error: unknown, { provider }: Target): unknown {
  if (!(error instanceof GatewayError) || error.fault.provider !== undefined) return error;
  return new GatewayError({ ...error.fault, provider }, { cause: error });
}
