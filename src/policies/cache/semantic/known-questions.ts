import type { NearQuestion, QuestionIndex } from "./question-index.ts";

/** A question with the key of its answer. */
interface KnownQuestion {
  readonly key: string;
  /** Of length 1. */
  readonly vector: Float32Array;
}

/** How much memory the vectors of a thread may take, in bytes. */
const maxBytes = 64 * 1024 * 1024;

/**
 * The questions of stored answers, by what else their calls hold: only those with the same context
 * are compared, all of them, so that a search takes time linear in their number. The oldest context
 * makes room where there are too many.
 */
export class KnownQuestions {
  readonly #contexts = new Map<string, KnownQuestion[]>();
  #bytes = 0;

  /** Notes a question; of a context with more than `max` the oldest is forgotten. */
  add(context: string, key: string, vector: Float32Array, max: number): void {
    const known = this.#take(context).filter((one) => one.key !== key || this.#dropped(one));
    while (known.length >= max) this.#drop(known.shift());
    known.push({ key, vector });
    this.#bytes += vector.byteLength;
    // Behind all others: the context was used last.
    this.#contexts.set(context, known);
    this.#makeRoom();
  }

  /** Those of a context that are as near as a threshold, the nearest first. */
  near(context: string, vector: Float32Array, threshold: number): readonly NearQuestion[] {
    const found: NearQuestion[] = [];
    for (const { key, vector: other } of this.#contexts.get(context) ?? []) {
      const similarity = product(vector, other);
      if (similarity >= threshold) found.push({ key, similarity });
    }
    return found.sort((one, other) => other.similarity - one.similarity);
  }

  /** Forgets a question whose answer is gone. */
  forget(context: string, key: string): void {
    const known = this.#contexts.get(context);
    if (known === undefined) return;
    const left = known.filter((one) => one.key !== key || this.#dropped(one));
    if (left.length === 0) this.#contexts.delete(context);
    else this.#contexts.set(context, left);
  }

  #take(context: string): readonly KnownQuestion[] {
    const known = this.#contexts.get(context) ?? [];
    this.#contexts.delete(context);
    return known;
  }

  #makeRoom(): void {
    for (const [context, known] of this.#contexts) {
      if (this.#bytes <= maxBytes) return;
      while (this.#bytes > maxBytes && known.length > 0) this.#drop(known.shift());
      if (known.length === 0) this.#contexts.delete(context);
    }
  }

  #drop(question: KnownQuestion | undefined): void {
    this.#bytes -= question?.vector.byteLength ?? 0;
  }

  /** False, for filters. */
  #dropped(question: KnownQuestion): false {
    this.#drop(question);
    return false;
  }
}

/** An index in the memory of this thread. */
export function createMemoryQuestions(): QuestionIndex {
  const known = new KnownQuestions();
  return {
    isReady: () => true,
    near: ({ context, vector, threshold }) => known.near(context, vector, threshold),
    add: ({ context, key, vector, max }) => known.add(context, key, vector, max),
    forget: ({ context, key }) => known.forget(context, key),
  };
}

/** A vector of length 1; undefined where it has none. */
export function unitVector(numbers: readonly number[]): Float32Array | undefined {
  let sum = 0;
  for (const number of numbers) sum += number * number;
  const length = Math.sqrt(sum);
  if (!Number.isFinite(length) || length < SHORTEST) return undefined;
  return Float32Array.from(numbers, (number) => number / length);
}

/** The squares of shorter vectors lose their digits. */
const SHORTEST = 1e-150;

/** The cosine of two vectors of length 1; 0 where they are not of the same kind. */
function product(one: Float32Array, other: Float32Array): number {
  if (one.length !== other.length) return 0;
  let sum = 0;
  for (let at = 0; at < one.length; at += 1) sum += (one[at] ?? 0) * (other[at] ?? 0);
  return Math.min(1, sum);
}
