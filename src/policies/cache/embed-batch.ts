import { createHash } from "node:crypto";
import { create, isMessage } from "@bufbuild/protobuf";
import { CacheState } from "../../../gen/parlance/call/v1/cache_pb.js";
import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import {
  type EmbedResult,
  EmbedResultSchema,
  type EmbedSpec,
} from "../../../gen/parlance/embed/v1/embedding_pb.js";
import { withRequest } from "../../core/attempt.ts";
import type { CacheEntry, CacheStores } from "../../core/cache/entry-store.ts";
import type { Call, Reply } from "../../core/call.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { wholeEnd } from "../../core/life.ts";
import { sumUsage } from "../../events/merge-usage.ts";
import type { CachedCall } from "./cached-call.ts";
import type { Landed } from "./flight.ts";
import { entryOf, ttlOf } from "./keep-answer.ts";
import { shareUsage } from "./share-usage.ts";
import { storedResult, storeResult } from "./stored-answer.ts";
import { targetOf } from "./take-rule.ts";

/** The key of the inputs of a batch that have these keys. */
export function batchKey(head: string, keys: readonly string[]): string {
  return createHash("sha256").update(head).update(keys.join()).digest("hex");
}

/** A batch of inputs, and which of their vectors are stored. */
export interface EmbedBatch {
  readonly spec: EmbedSpec;
  /** The key of each input. */
  readonly keys: readonly string[];
  /** What is stored of each input. */
  readonly found: readonly (CacheEntry | undefined)[];
}

/** The places of the inputs that nothing is stored of. */
export function missingOf({ found }: EmbedBatch): readonly number[] {
  return found.flatMap((entry, at) => (entry === undefined ? [at] : []));
}

/** A call for some of its inputs alone; the call itself where these are all. */
export function callFor(call: Call, { spec }: EmbedBatch, places: readonly number[]): Call {
  if (places.length === spec.inputs.length) return call;
  const inputs = places.flatMap((at) => spec.inputs[at] ?? []);
  return withRequest(call, { ...call.request, message: () => ({ ...spec, inputs }) });
}

/** What the vendor was spared by the stored vectors of a batch. */
export function savedBy({ found }: EmbedBatch): Usage | undefined {
  return sumUsage(found.map((entry) => entry?.usage));
}

/** The answer to a batch whose vectors are all stored. Ends the life of the call. */
export function storedBatch(call: Call, batch: EmbedBatch, key: string, nowMs: number): Reply {
  const { found } = batch;
  const [first] = found;
  if (first === undefined) throw new Error("embed batch: nothing is stored");
  const oldest = found.reduce((ms, entry) => Math.min(ms, entry?.storedMs ?? ms), nowMs);
  call.trace.cached({
    state: CacheState.HIT,
    key,
    ageMs: Math.max(0, nowMs - oldest),
    saved: savedBy(batch),
    madeBy: { provider: first.provider, model: first.vendorModel },
    inputsHit: found.length,
  });
  call.life.end(wholeEnd(undefined));
  let result: EmbedResult | undefined;
  return {
    life: call.life,
    target: { provider: first.provider, model: first.vendorModel },
    dialect: first.dialect,
    report: first.report,
    headers: {},
    body: {
      kind: "whole",
      result: () => {
        result ??= joined(call, batch, undefined);
        return result;
      },
    },
  };
}

/** The answer to a batch of which the vendor has answered the missing inputs. */
export function completedBatch(call: Call, batch: EmbedBatch, reply: Reply): Reply {
  const { body } = reply;
  const places = missingOf(batch);
  if (body.kind !== "whole" || places.length === batch.spec.inputs.length) return reply;
  const answer = body.result();
  if (!isMessage(answer, EmbedResultSchema)) return reply;
  const result = joined(call, batch, answer);
  const report = reply.report.map((entry) => ({ ...entry, field: moved(entry.field, places) }));
  return { ...reply, report, body: { kind: "whole", result: () => result } };
}

/** Names the inputs of a failure as the caller counts them. */
export function movedFailure(error: unknown, places: readonly number[]): unknown {
  if (!(error instanceof GatewayError)) return error;
  const { fault } = error;
  const fields = fault.fields?.map((one) => ({ ...one, field: moved(one.field, places) }));
  const message = moved(fault.message, places);
  if (fields === undefined && message === fault.message) return error;
  return new GatewayError(
    { ...fault, message, ...(fields === undefined ? undefined : { fields }) },
    { cause: error },
  );
}

function moved(text: string, places: readonly number[]): string {
  return text.replace(/^inputs\[(\d+)\]/, (all, index: string) =>
    places[Number(index)] === undefined ? all : `inputs[${places[Number(index)]}]`,
  );
}

/** All vectors in the order of the inputs. */
function joined(
  { request }: Call,
  batch: EmbedBatch,
  answer: EmbedResult | undefined,
): EmbedResult {
  const fresh = answer?.embeddings ?? [];
  let taken = 0;
  let model = answer?.model ?? "";
  const embeddings = batch.found.flatMap((entry, index) => {
    if (entry === undefined) {
      const vector = fresh[taken];
      taken += 1;
      return vector === undefined ? [] : [{ ...vector, index }];
    }
    const stored = storedResult(request.operation, entry);
    if (!isMessage(stored, EmbedResultSchema)) return [];
    model ||= stored.model;
    return stored.embeddings.map((vector) => ({ ...vector, index }));
  });
  const usage = sumUsage([answer?.usage, savedBy(batch)]);
  const rest = usage === undefined ? undefined : { usage };
  return { ...create(EmbedResultSchema, { id: answer?.id ?? "", model }), embeddings, ...rest };
}

/** Stores each vector that the vendor made, if one of the model's own targets did. */
export function keepVectors(
  cached: CachedCall,
  batch: EmbedBatch,
  { reply }: Landed,
  { stores, nowMs }: { readonly stores: CacheStores; readonly nowMs: number },
): void {
  const { body } = reply;
  const { operation } = cached.call.request;
  if (body.kind !== "whole" || ttlOf(cached) <= 0) return;
  if (targetOf(cached.model, reply.target) === undefined) return;
  const places = missingOf(batch);
  const result = readResult(body.result);
  if (result === undefined || result.embeddings.length !== places.length) return;
  const shares = shareUsage(
    result.usage,
    places.map((at) => batch.spec.inputs[at]),
  );
  for (const [at, place] of places.entries()) {
    const vector = result.embeddings[at];
    const key = batch.keys[place];
    if (vector === undefined || key === undefined) continue;
    const one = create(EmbedResultSchema, { model: result.model });
    one.embeddings = [{ ...vector, index: 0 }];
    const usage = shares[at];
    stores.entries.put({
      ...entryOf({ ...cached, key }, reply, nowMs),
      ...storeResult(operation, one),
      ...(usage === undefined ? undefined : { usage }),
    });
  }
}

/** Undefined where it cannot be read: the caller has it as it is. */
function readResult(result: () => unknown): EmbedResult | undefined {
  try {
    const message = result();
    return isMessage(message, EmbedResultSchema) ? message : undefined;
  } catch {
    return undefined;
  }
}
