import { ShadowSkipReason } from "../../../gen/parlance/admin/v1/shadow_pb.js";
import type { ConfiguredShadow, Settings } from "../../config/settings.ts";
import type { Call, Handler, Layer, Reply } from "../../core/call.ts";
import type { Stage } from "../../core/compose.ts";
import type { End } from "../../core/life.ts";
import { AnswerWatch } from "./answer-watch.ts";
import { type CopyOptions, type CopyWorld, copyCall } from "./copy-call.ts";

/** What shadows act through beside the settings. */
export interface ShadowWorld extends CopyWorld {
  /** A number from 0 up to but not including 1. */
  readonly random: () => number;
}

/** The stage of the layer below; undefined where no model has a shadow. */
export function shadowPolicy({ models, resolve }: Settings, world: ShadowWorld): Stage | undefined {
  const has = [...models.values()].some(({ shadow }) => shadow !== undefined);
  if (!has) return undefined;
  return {
    name: "shadow",
    sees: (call) => (call.shadow === undefined ? "usage" : "events"),
    layer: shadow({ ...world, resolve }),
  };
}

/** What the layer needs of the settings and the world. */
export interface ShadowOptions extends CopyOptions, Pick<ShadowWorld, "random"> {}

/**
 * Copies some of the chats of a model to another one. The copy begins in a later turn than the end
 * of the call, which it therefore neither delays nor fails. A slot is held from the beginning of
 * the call to the end of the copy: what is kept of calls and answers is bounded by that.
 */
export function shadow(options: ShadowOptions): Layer {
  return (next) => (call) => {
    const { operation } = call.request;
    const drawn = operation.name === "chat" ? options.resolve(call.model)?.shadow : undefined;
    if (drawn === undefined || options.random() * 100 >= drawn.percent) return next(call);
    if (options.shadows.slots(drawn).take(drawn.maxConcurrent))
      return compared(options, call, next, drawn);
    options.shadows.skipped(drawn, ShadowSkipReason.BUSY);
    return next(call);
  };
}

function compared(
  options: ShadowOptions,
  call: Call,
  next: Handler,
  shadowed: ConfiguredShadow,
): Promise<Reply> {
  const { shadows } = options;
  const watch = new AnswerWatch();
  const { life, trace } = call;
  life.atEnd((end: End) => {
    const latencyMs = life.nowMs - trace.startedMs;
    const giveBack = () => void shadows.slots(shadowed).give();
    if (end.kind !== "whole" || trace.attempts.length === 0) {
      if (end.kind !== "whole") shadows.skipped(shadowed, ShadowSkipReason.NOT_ANSWERED);
      return giveBack();
    }
    const original = { call, watch, usage: end.usage, latencyMs };
    life.clock.schedule(
      () => void copyCall(options, shadowed, original, next).finally(giveBack),
      0,
    );
  });
  return next({ ...call, shadow: "compared" }).then((reply) =>
    watch.watch(reply, call.request.operation),
  );
}
