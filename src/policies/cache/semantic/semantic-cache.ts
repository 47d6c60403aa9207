import { SemanticIndex } from "../../../../gen/parlance/config/v1/semantic_cache_pb.js";
import type { ConfiguredModel } from "../../../config/settings.ts";
import type { CacheEntry } from "../../../core/cache/entry-store.ts";
import type { Life } from "../../../core/life.ts";
import { durationMs } from "../../../core/time/duration-ms.ts";
import type { CacheKeys } from "../cache-key.ts";
import type { CachedCall, CacheWorld } from "../cached-call.ts";
import { staleOf, ttlOf } from "../keep-answer.ts";
import { embedQuestion } from "./embed-question.ts";
import { createMemoryQuestions } from "./known-questions.ts";
import { type Question, questionOf } from "./question.ts";
import type { QuestionIndex } from "./question-index.ts";

/** A question that was looked up. */
export interface LookedUp {
  /** Digest of all else of its call. */
  readonly context: string;
  readonly vector: Float32Array;
}

/** What a search for a stored answer gave. */
export interface Search {
  /** The answer to a question that is near. Absent: there is none. */
  readonly found?: { readonly entry: CacheEntry; readonly similarity: number };
  /** To be noted with the answer of the model. */
  readonly question: LookedUp;
}

/** A stored answer, and whether the call may have it now. */
export interface StoredEntry {
  readonly entry: CacheEntry;
  readonly usable: boolean;
}

/** Gives the stored answer under a key; undefined where there is none any more. */
export type FindEntry = (key: string) => Promise<StoredEntry | undefined>;

/** So many near questions are looked at whose answers may be gone. */
const maxLooks = 4;

/** How long vectors and searches are waited for where the settings do not say. */
const defaultWaitMs = 2_000;

/** Finds stored answers to questions that mean the same. */
export class SemanticLookup {
  readonly #keys: CacheKeys;
  readonly #world: CacheWorld;
  readonly #memory = createMemoryQuestions();

  constructor(keys: CacheKeys, world: CacheWorld) {
    this.#keys = keys;
    this.#world = world;
  }

  /** Undefined where the call is not compared, or its question has no vector. */
  async search(cached: CachedCall, find: FindEntry): Promise<Search | undefined> {
    const { call, model, next, wishes } = cached;
    const settings = model.settings.semanticCache;
    const question = settings && questionOf(call, settings);
    const index = this.#indexOf(model);
    if (settings === undefined || question === undefined || !index.isReady()) return undefined;
    const context = this.#contextOf(cached, question);
    if (context === undefined) return undefined;
    const world = this.#world;
    const untilMs = call.life.nowMs + (durationMs(settings.timeout) ?? defaultWaitMs);
    const vector = await embedQuestion(call, question.text, settings, { next, world, untilMs });
    if (vector === undefined) return undefined;
    const own = { context, vector };
    const waitMs = untilMs - call.life.nowMs;
    if (wishes.noCache === true || waitMs <= 0) return { question: own };
    const { threshold } = settings;
    const near = index.near({ context, vector, threshold, waitMs });
    for (const { key, similarity } of (await unlessAborted(call.life, near)).slice(0, maxLooks)) {
      const stored = await find(key);
      if (stored?.usable === true)
        return { found: { entry: stored.entry, similarity }, question: own };
      if (stored === undefined) index.forget({ context, key });
    }
    return { question: own };
  }

  /** Notes a question with its answer, which need not be stored: it is forgotten then. */
  add(cached: CachedCall, { context, vector }: LookedUp): void {
    const { call, model, key } = cached;
    this.#indexOf(model).add({
      context,
      vector,
      key,
      max: model.settings.semanticCache?.maxQuestions ?? defaultQuestions,
      model: call.model,
      principal: call.principal?.name ?? "",
      team: call.principal?.team ?? "",
      lifeMs: ttlOf(cached) + staleOf(cached),
    });
  }

  #indexOf({ settings }: ConfiguredModel): QuestionIndex {
    const stored = settings.semanticCache?.index === SemanticIndex.POSTGRES;
    return (stored ? this.#world.storedQuestions : undefined) ?? this.#memory;
  }

  #contextOf({ call, model, wishes }: CachedCall, { rest }: Question): string | undefined {
    const head = this.#keys.head(call, model, wishes);
    return this.#keys.ofCall({ ...call, request: rest }, model, `${head}\nquestion`);
  }
}

const defaultQuestions = 1_000;

/** What is there or comes; rejects where the life is aborted before. */
async function unlessAborted<T>(life: Life, value: T | Promise<T>): Promise<T> {
  if (!(value instanceof Promise)) return value;
  const left = Promise.withResolvers<never>();
  const forget = life.onAbort(left.reject);
  try {
    return await Promise.race([value, left.promise]);
  } finally {
    forget();
  }
}
