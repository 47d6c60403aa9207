import type { CacheEntry } from "../../../core/cache/entry-store.ts";
import type { CacheKeys } from "../cache-key.ts";
import type { CachedCall, CacheWorld } from "../cached-call.ts";
import { embedQuestion } from "./embed-question.ts";
import { KnownQuestions } from "./known-questions.ts";
import { type Question, questionOf } from "./question.ts";

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

/** Gives the stored answer under a key where the call may have it now. */
export type FindEntry = (key: string) => Promise<CacheEntry | undefined>;

/** So many near questions are looked at whose answers may be gone. */
const maxLooks = 4;

/** Finds stored answers to questions that mean the same. */
export class SemanticLookup {
  readonly #keys: CacheKeys;
  readonly #world: CacheWorld;
  readonly #known = new KnownQuestions();

  constructor(keys: CacheKeys, world: CacheWorld) {
    this.#keys = keys;
    this.#world = world;
  }

  /** Undefined where the call is not compared, or its question has no vector. */
  async search(cached: CachedCall, find: FindEntry): Promise<Search | undefined> {
    const { call, model, next, wishes } = cached;
    const settings = model.settings.semanticCache;
    const question = settings && questionOf(call, settings);
    if (settings === undefined || question === undefined) return undefined;
    const context = this.#contextOf(cached, question);
    if (context === undefined) return undefined;
    const world = this.#world;
    const vector = await embedQuestion(call, question.text, settings, { next, world });
    if (vector === undefined) return undefined;
    const own = { context, vector };
    if (wishes.noCache === true) return { question: own };
    const near = this.#known.near(context, vector, settings.threshold);
    for (const { key, similarity } of near.slice(0, maxLooks)) {
      const entry = await find(key);
      if (entry !== undefined) return { found: { entry, similarity }, question: own };
      this.#known.forget(context, key);
    }
    return { question: own };
  }

  /** Notes a question with its answer, which need not be stored: it is forgotten then. */
  add({ model, key }: CachedCall, { context, vector }: LookedUp): void {
    const max = model.settings.semanticCache?.maxQuestions ?? DEFAULT_QUESTIONS;
    this.#known.add(context, key, vector, max);
  }

  #contextOf({ call, model, wishes }: CachedCall, { rest }: Question): string | undefined {
    const head = this.#keys.head(call, model, wishes);
    return this.#keys.ofCall({ ...call, request: rest }, model, `${head}\nquestion`);
  }
}

const DEFAULT_QUESTIONS = 1_000;
