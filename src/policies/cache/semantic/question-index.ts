/** What is looked for. */
export interface QuestionSearch {
  /** Digest of all else of the call, with who may share the answer. */
  readonly context: string;
  /** Of length 1. */
  readonly vector: Float32Array;
  /** How near a question has to be: the cosine of the angle between the two. */
  readonly threshold: number;
  /** How long it may take, in milliseconds. */
  readonly waitMs: number;
}

/** A question that is near another. */
export interface NearQuestion {
  readonly key: string;
  /** The cosine of the angle between the two, up to 1. */
  readonly similarity: number;
}

/** A question with the key of its answer. */
export interface NotedQuestion extends Pick<QuestionSearch, "context" | "vector"> {
  readonly key: string;
  /** Of the context so many are kept; the oldest is given up first. */
  readonly max: number;
  /** Whose answer it is. */
  readonly model: string;
  readonly principal: string;
  readonly team: string;
  /** How long the answer is stored, in milliseconds. */
  readonly lifeMs: number;
}

/**
 * Where the questions of stored answers are found by their vectors. Nothing here throws or rejects:
 * what cannot be found in time is not there.
 */
export interface QuestionIndex {
  /** Whether a search would be tried now; else no vector is needed. */
  isReady(): boolean;
  /** Those of a context that are as near as the threshold, the nearest first. */
  near(search: QuestionSearch): readonly NearQuestion[] | Promise<readonly NearQuestion[]>;
  /** Never waits. */
  add(question: NotedQuestion): void;
  /** Forgets a question whose answer is gone. */
  forget(question: Pick<NotedQuestion, "context" | "key">): void;
}
