import { create, isMessage } from "@bufbuild/protobuf";
import type { SemanticCache } from "../../../../gen/parlance/config/v1/semantic_cache_pb.js";
import {
  EmbedResultSchema,
  EmbedSpecSchema,
} from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { handleCall } from "../../../core/attempt.ts";
import type { Call, Handler } from "../../../core/call.ts";
import { tagsOf } from "../../../core/caller/tags-of.ts";
import { Life } from "../../../core/life.ts";
import { embed } from "../../../core/operation.ts";
import { createTrace } from "../../../core/trace.ts";
import { recordOf } from "../../trace.ts";
import type { CacheWorld } from "../cached-call.ts";
import { unitVector } from "./known-questions.ts";

/** What brings a vector. */
export interface Embedding {
  readonly next: Handler;
  readonly world: Pick<CacheWorld, "nowMs" | "record">;
  /** Until when it is waited for, on the call's clock in milliseconds. */
  readonly untilMs: number;
}

/**
 * The vector of a text, by a call of its own with a record of its own under the caller's key. It
 * may go where the caller's calls may: a model out of a required region is not called. Undefined
 * where there is none in time, for whatever reason: the call then goes on without it.
 */
export async function embedQuestion(
  call: Call,
  text: string,
  { embedModel }: Pick<SemanticCache, "embedModel">,
  { next, world, untilMs }: Embedding,
): Promise<Float32Array | undefined> {
  const life = new Life(call.life.clock);
  const trace = createTrace(world.nowMs);
  if (call.principal !== undefined) trace.identify(call.principal.name);
  const embedding = embedCall(call, embedModel, text, { life, trace });
  life.atEnd((end) => world.record(recordOf(embedding, end, { nowMs: world.nowMs() })));
  const reason = ErrorReason.DEADLINE_EXCEEDED;
  life.limit(untilMs, { reason, message: "a question has no vector in time" });
  const keep = call.life.onAbort(() => life.abort());
  try {
    const { body } = await handleCall(embedding, next);
    const result = body.kind === "whole" ? body.result() : undefined;
    if (result === undefined || !isMessage(result, EmbedResultSchema)) return undefined;
    const vector = result.embeddings[0]?.vector;
    return vector?.case === "floats" ? unitVector(vector.value.values) : undefined;
  } catch {
    // Its record says why.
    call.life.throwIfAborted();
    return undefined;
  } finally {
    keep();
  }
}

/**
 * What keeps the call from targets keeps this one: its key, its end user, headers and tags, and the
 * rules.
 */
function embedCall(
  call: Call,
  model: string,
  text: string,
  own: Pick<Call, "life" | "trace">,
): Call {
  const { id, principal, endUser, clientAddress, header, excludes, ruling } = call;
  // Those of its headers are read where they are needed.
  const addedTags = tagsOf({ ...call, header: () => undefined });
  const input = { case: "text", value: text } as const;
  const spec = create(EmbedSpecSchema, { model, inputs: [{ input }] });
  return {
    id: `${id}-embedding`,
    model,
    request: { operation: embed, stream: false, message: () => spec },
    header,
    ...(principal === undefined ? undefined : { principal }),
    ...(endUser === undefined ? undefined : { endUser }),
    ...(clientAddress === undefined ? undefined : { clientAddress }),
    ...(excludes === undefined ? undefined : { excludes }),
    ...(ruling === undefined ? undefined : { ruling }),
    ...(addedTags.length === 0 ? undefined : { addedTags }),
    ...own,
  };
}
