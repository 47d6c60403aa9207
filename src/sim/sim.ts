import type { Chat } from "../../gen/parlance/chat/v1/chat_pb.js";
import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import type { SimOptions } from "../../gen/parlance/config/v1/sim_options_pb.js";
import type { EmbedResult, EmbedSpec } from "../../gen/parlance/embed/v1/embedding_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { RerankResult, RerankSpec } from "../../gen/parlance/rerank/v1/ranking_pb.js";
import type { Decoded } from "../core/dialect.ts";
import { GatewayError } from "../core/faults/gateway-error.ts";
import type { Life } from "../core/life.ts";
import { pause } from "../core/time/pause.ts";
import { answerSteps } from "./answer-steps.ts";
import { countPromptTokens } from "./count-tokens.ts";
import { planAnswer } from "./plan-answer.ts";
import { playAnswer } from "./play-answer.ts";
import { embedInputs } from "./sim-embed.ts";
import { statusFault } from "./sim-fault.ts";
import { rankDocuments } from "./sim-rerank.ts";
import { resolveSettings, type SimSettings } from "./sim-settings.ts";

/** What a call of the simulator brings besides the request. */
export interface SimContext {
  /** Its clock is the simulator's time, and its abort ends every wait at once. */
  readonly life: Life;
  /** A model of the simulator with its parameters, such as `echo?latency=200ms`. */
  readonly model: string;
  /** Whether the answer comes word by word, in its time. */
  readonly stream: boolean;
}

/**
 * A vendor in this process, for first runs, demos and tests: no network, no key, and the same
 * request always has the same answer. Throws GatewayErrors only, as a vendor's failures are read;
 * `docs/sim.md` lists the models.
 */
export interface Sim {
  /**
   * The events of an answer. Nothing runs before the first is pulled. A caller that wants to leave
   * while the simulator waits aborts the life; the reason of the abort is thrown.
   */
  complete(chat: Chat, context: SimContext): AsyncIterable<Event>;
  /**
   * The vectors of `embed`; `model` overrides that of the request, as a target does. Does not wait:
   * see `wait`.
   */
  embed(spec: EmbedSpec, model?: string): EmbedResult;
  /** The ranking of `rerank`; `model` overrides that of the request. Does not wait: see `wait`. */
  rerank(spec: RerankSpec, model?: string): RerankResult;
  /** Tokens of a prompt by the simulator's rule, at every model. */
  countTokens(chat: Chat): number;
  /**
   * Waits out the latency of a model and fails if it is to fail: what comes before every reply that
   * is not a chat's.
   */
  wait(model: string, life: Life): Promise<void>;
}

/** A simulator with its own count of calls. `options` undefined: all at their defaults. */
export function createSim(options?: SimOptions): Sim {
  let calls = 0;
  const answerable = async (settings: SimSettings, life: Life): Promise<void> => {
    calls += 1;
    const call = calls;
    life.throwIfAborted();
    if (settings.latencyMs > 0) await pause(settings.latencyMs, life);
    const { failure } = settings;
    if (failure !== undefined && call % (failure.every || 1) === 0)
      throw new GatewayError(statusFault(failure));
    if (settings.behaviour.kind === "hang") await pause(Number.POSITIVE_INFINITY, life);
  };
  return {
    complete: async function* (chat, context) {
      const settings = orThrow(resolveSettings(context.model, options));
      const { kind } = settings.behaviour;
      if (kind === "embed" || kind === "rerank") throw unsupported(kind, "answers no chat");
      await answerable(settings, context.life);
      const answer = orThrow(planAnswer(chat, settings));
      const steps = () => answerSteps(answer, { chat, ...context });
      yield* playAnswer(steps, settings, context);
    },
    embed: (spec, model = spec.model) => {
      const { behaviour } = orThrow(resolveSettings(model, options));
      if (behaviour.kind !== "embed" && behaviour.kind !== "error")
        throw unsupported(model, "gives no embeddings");
      return orThrow(embedInputs(spec, model));
    },
    rerank: (spec, model = spec.model) => {
      const { behaviour } = orThrow(resolveSettings(model, options));
      if (behaviour.kind !== "rerank" && behaviour.kind !== "error")
        throw unsupported(model, "ranks nothing");
      return orThrow(rankDocuments(spec, model));
    },
    countTokens: countPromptTokens,
    wait: (model, life) => answerable(orThrow(resolveSettings(model, options)), life),
  };
}

function orThrow<T>(decoded: Decoded<T>): T {
  if (!decoded.ok) throw new GatewayError(decoded.fault);
  return decoded.value;
}

function unsupported(model: string, why: string): GatewayError {
  const message = `the simulator's model ${JSON.stringify(model)} ${why}`;
  return new GatewayError({ reason: ErrorReason.UNSUPPORTED, message });
}
