import type { Duration } from "@bufbuild/protobuf/wkt";
import type { SimOptions } from "../../gen/parlance/config/v1/sim_options_pb.js";
import type { Decoded } from "../core/dialect.ts";
import { parseBehaviour, type SimBehaviour } from "./sim-behaviour.ts";
import { type SimFailure, saysRetryAfter } from "./sim-fault.ts";
import { parseParameters, type SimParameters } from "./sim-parameters.ts";

/**
 * How one call is answered: the model's name, its parameters and the configuration, put together.
 */
export interface SimSettings {
  readonly behaviour: SimBehaviour;
  /** Before anything is answered. */
  readonly latencyMs: number;
  /** From the start of a stream to its first token. */
  readonly timeToFirstTokenMs: number;
  /** 0: as fast as they are read. */
  readonly tokensPerSecond: number;
  /** "": the last user message. */
  readonly reply: string;
  readonly toolCalls: number;
  readonly cutAfterTokens: number | undefined;
  readonly malformedAfterTokens: number | undefined;
  readonly failure: SimFailure | undefined;
}

/**
 * What a model name such as `echo?latency=200ms` asks for. Of each setting the name's parameter
 * holds, else the configuration's option, else what the behaviour brings along. A path before the
 * name (`sim/echo`) is ignored.
 */
export function resolveSettings(
  model: string,
  options: SimOptions | undefined,
): Decoded<SimSettings> {
  const at = model.indexOf("?");
  const path = at < 0 ? model : model.slice(0, at);
  const behaviour = parseBehaviour(path.slice(path.lastIndexOf("/") + 1));
  if (!behaviour.ok) return behaviour;
  const parameters = parseParameters(at < 0 ? "" : model.slice(at + 1));
  if (!parameters.ok) return parameters;
  return { ok: true, value: settle(behaviour.value, parameters.value, options) };
}

const SLOW = { latencyMs: 500, timeToFirstTokenMs: 1000, tokensPerSecond: 10 };

function settle(
  behaviour: SimBehaviour,
  own: SimParameters,
  options: SimOptions | undefined,
): SimSettings {
  const pace =
    behaviour.kind === "slow" ? SLOW : { latencyMs: 0, timeToFirstTokenMs: 0, tokensPerSecond: 0 };
  return {
    behaviour,
    latencyMs: own.latencyMs ?? milliseconds(options?.latency) ?? pace.latencyMs,
    timeToFirstTokenMs:
      own.timeToFirstTokenMs ?? milliseconds(options?.timeToFirstToken) ?? pace.timeToFirstTokenMs,
    // The configuration's 0 is its "unset".
    tokensPerSecond: own.tokensPerSecond ?? (options?.tokensPerSecond || pace.tokensPerSecond),
    reply: own.reply ?? options?.reply ?? "",
    toolCalls: own.toolCalls ?? options?.toolCalls ?? 0,
    cutAfterTokens: own.cutAfterTokens ?? options?.cutAfterTokens,
    malformedAfterTokens: own.malformedAfterTokens ?? options?.malformedAfterTokens,
    failure: failureOf(behaviour, own, options),
  };
}

/** A model that fails by its name hides the configuration's error. */
function failureOf(
  behaviour: SimBehaviour,
  own: SimParameters,
  options: SimOptions | undefined,
): SimFailure | undefined {
  const configured = options?.error;
  const status = behaviour.kind === "error" ? behaviour.status : configured?.status;
  if (status === undefined) return undefined;
  const usual = saysRetryAfter(status) ? 1000 : undefined;
  if (behaviour.kind === "error") {
    return {
      status,
      message: own.message ?? "",
      retryAfterMs: own.retryAfterMs ?? usual,
      every: own.every ?? 0,
    };
  }
  return {
    status,
    message: own.message ?? configured?.message ?? "",
    retryAfterMs: own.retryAfterMs ?? milliseconds(configured?.retryAfter),
    every: own.every ?? configured?.every ?? 0,
  };
}

function milliseconds(duration: Duration | undefined): number | undefined {
  return duration === undefined
    ? undefined
    : Number(duration.seconds) * 1000 + duration.nanos / 1_000_000;
}
