import type { Message } from "@bufbuild/protobuf";
import type { GenMessage } from "@bufbuild/protobuf/codegenv2";
import { ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import {
  CountMethod,
  type CountTokensResponse,
} from "../../gen/parlance/chat/v1/chat_service_pb.js";
import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import type { Usage } from "../../gen/parlance/chat/v1/usage_pb.js";
import { EmbedSpecSchema } from "../../gen/parlance/embed/v1/embedding_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { ModerationSpecSchema } from "../../gen/parlance/moderation/v1/moderation_pb.js";
import { RerankSpecSchema } from "../../gen/parlance/rerank/v1/ranking_pb.js";
import { attemptOf } from "../core/attempt.ts";
import type { Body, Call, Handler, Piece } from "../core/call.ts";
import { GatewayError } from "../core/faults/gateway-error.ts";
import { wholeEnd } from "../core/life.ts";
import { expectMessage, type OperationName } from "../core/operation.ts";
import { livingPieces } from "../core/reply/living-pieces.ts";
import type { Target } from "../core/target/target.ts";
import { bringsContent } from "../events/brings-content.ts";
import { collect } from "../events/collect.ts";
import type { Sim } from "./sim.ts";
import { moderateInputs } from "./sim-moderate.ts";

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
  const { whole, pieces } = answers[operation.name];
  if (stream && pieces !== undefined)
    return { kind: "stream", pieces: await pieces(sim, call, target) };
  const result = await whole(sim, call, target);
  call.life.end(wholeEnd(operation.usageOf(result)));
  return { kind: "whole", result: () => result };
}

/** How an operation is answered. */
interface Answers {
  whole(sim: Sim, call: Call, target: Target): Promise<Message>;
  /** Absent: it has no stream. */
  pieces?(sim: Sim, call: Call, target: Target): Promise<AsyncIterable<Piece>>;
}

/** What each operation is answered with. */
const answers: Readonly<Record<OperationName, Answers>> = {
  chat: {
    whole: async (sim, call, { model }) => {
      const chat = expectMessage(call.request.message(), ChatSchema);
      const events: Event[] = [];
      const options = { life: call.life, model, stream: false };
      for await (const event of sim.complete(chat, options)) events.push(event);
      return collect(events);
    },
    pieces: streamed,
  },
  count_tokens: afterWait(
    ChatSchema,
    (sim, chat): CountTokensResponse => ({
      $typeName: "parlance.chat.v1.CountTokensResponse",
      inputTokens: BigInt(sim.countTokens(chat)),
      method: CountMethod.VENDOR,
    }),
  ),
  embed: afterWait(EmbedSpecSchema, (sim, spec, model) => sim.embed(spec, model)),
  rerank: afterWait(RerankSpecSchema, (sim, spec, model) => sim.rerank(spec, model)),
  moderate: afterWait(ModerationSpecSchema, (_, spec, model) => moderateInputs(spec, model)),
  guard: { whole: () => Promise.reject(noGuards) },
};

const noGuards = new GatewayError({
  reason: ErrorReason.UNSUPPORTED,
  message: "the simulator has no guards",
});

/** Answers at once when the latency of the model has passed. */
function afterWait<Request extends Message>(
  schema: GenMessage<Request>,
  result: (sim: Sim, request: Request, model: string) => Message,
): Answers {
  return {
    async whole(sim, call, { model }) {
      await sim.wait(model, call.life);
      return result(sim, expectMessage(call.request.message(), schema), model);
    },
  };
}

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
