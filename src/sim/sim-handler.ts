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
import { wholeEnd } from "../core/life.ts";
import { livingPieces } from "../core/living-pieces.ts";
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
function streamed(sim: Sim, call: Call, target: Target): Promise<AsyncIterable<Piece>> {
  const waiting = call.life.child();
  let usage: Usage | undefined;
  const chat = expectMessage(call.request.message(), ChatSchema);
  async function* play(): AsyncGenerator<Event> {
    const options = { life: waiting, model: target.model, stream: true };
    try {
      for await (const event of sim.complete(chat, options)) {
        if (event.event.case === "usage") usage = event.event.value;
        yield event;
      }
    } catch (error) {
      throw located(error, target);
    }
  }
  const stop = (): void => waiting.abort();
  return livingPieces(call.life, { pieces: inPieces(play()), usage: () => usage, stop });
}

/** What comes before the first content comes with it, and all that comes after it by itself. */
async function* inPieces(events: AsyncIterable<Event>): AsyncGenerator<Piece> {
  const opening: Event[] = [];
  let begun = false;
  for await (const event of events) {
    if (begun) yield { events: [event] };
    else opening.push(event);
    if (begun || !bringsContent(event)) continue;
    begun = true;
    yield { events: opening };
  }
  if (!begun && opening.length > 0) yield { events: opening };
}

/**
 * Adds the provider to a failure, as for one behind HTTP. What is not a GatewayError is a bug and
 * stays as it is.
 */
function located(error: unknown, { provider }: Target): unknown {
  if (!(error instanceof GatewayError) || error.fault.provider !== undefined) return error;
  return new GatewayError({ ...error.fault, provider }, { cause: error });
}
