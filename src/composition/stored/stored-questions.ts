import { SemanticIndex } from "../../../gen/parlance/config/v1/semantic_cache_pb.js";
import type { Settings } from "../../config/settings.ts";
import type { Violation } from "../../config/violation.ts";
import type { PurgeFilter } from "../../core/cache/entry-store.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { QuestionIndex } from "../../policies/cache/semantic/question-index.ts";
import type { SharedRedis } from "../../state/redis/shared-redis.ts";
import type { StoreLink } from "../../store/store.ts";
import type { World } from "../world.ts";

/** The questions of stored answers in the database of the store. They outlive reloads. */
export interface StoredQuestions {
  readonly index: QuestionIndex;
  /**
   * Makes the table where a model of a configuration keeps questions in it; gives why the
   * configuration cannot be used. A database that is away is no reason: the table is made once it
   * is back.
   */
  prepare(settings: Settings): Promise<readonly Violation[]>;
  /** Gives up the questions of answers that are purged. */
  purge(filter: PurgeFilter): void;
}

/** What they are kept by. */
export interface StoredQuestionsOptions
  extends Pick<World, "nowMs" | "wallMs" | "notice" | "newId"> {
  /** Undefined: nothing is kept. */
  readonly store: StoreLink | undefined;
  readonly redis: Pick<SharedRedis, "isUp">;
  /** Whether threads and gateways have each other's answers. */
  readonly shares: () => boolean;
}

/** How long a database that did not answer is left alone, in milliseconds. */
const restMs = 1_000;

/** How long a database that cannot have the table is, in milliseconds. */
const longRestMs = 60_000;

/** As many near questions are asked for: answers of some may be gone. */
const maxNear = 8;

/** Questions of all models that are kept, and after how many new ones of a thread that is seen to. */
const maxQuestions = 100_000;
const trimEvery = 100;

/** Numbers of a vector: pgvector takes no more. */
const maxDimensions = 16_000;

/** Makes the index over the store's link; nothing is requested before it is prepared or used. */
export function createStoredQuestions(options: StoredQuestionsOptions): StoredQuestions {
  return new Questions(options);
}

class Questions implements StoredQuestions {
  readonly #options: StoredQuestionsOptions;
  #open = false;
  #restsUntilMs = 0;
  #added = 0;
  /** Tells the answers of this thread apart where each has its own. */
  #place = "";

  constructor(options: StoredQuestionsOptions) {
    this.#options = options;
  }

  readonly index: QuestionIndex = {
    isReady: () => this.#options.nowMs() >= this.#restsUntilMs,
    near: async ({ context, vector, threshold, waitMs }) => {
      const found = await this.#run(waitMs, (store) =>
        store.request("questions.near", this.#searchOf(context, vector), waitMs),
      );
      return (found ?? []).filter(({ similarity }) => similarity >= threshold);
    },
    add: (question) => {
      if (question.vector.length > maxDimensions) return;
      const { lifeMs, ...rest } = question;
      const notedMs = Math.round(this.#options.wallMs());
      const context = this.#contextOf(question.context);
      const row = { ...rest, context, notedMs, expiresMs: notedMs + lifeMs };
      void this.#run(undefined, (store) => store.request("questions.add", row));
      this.#added += 1;
      if (this.#added % trimEvery !== 0) return;
      const trim = { nowMs: notedMs, max: maxQuestions };
      void this.#run(undefined, (store) => store.request("questions.trim", trim));
    },
    forget: ({ context, key }) => {
      const { shares, redis, wallMs } = this.#options;
      // An answer that Redis does not give at the moment is not gone.
      if (shares() && !redis.isUp()) return;
      const gone = { context: this.#contextOf(context), key, nowMs: Math.round(wallMs()) };
      void this.#run(undefined, (store) => store.request("questions.forget", gone));
    },
  };

  async prepare({ config: { models } }: Settings): Promise<readonly Violation[]> {
    const at = models.findIndex(keepsStoredQuestions);
    if (at < 0) return [];
    const fix = await this.#openTable(undefined);
    if (fix === "") return [];
    const path = `models[${at}].semantic_cache.index`;
    const message = "cannot be kept in the database of store.postgres";
    return [{ path, line: 1, column: 1, message, hint: fix, ruleId: "semantic_index" }];
  }

  purge(filter: PurgeFilter): void {
    if (!this.#open) return;
    void this.#run(undefined, (store) => store.request("questions.purge", filter));
  }

  #searchOf(context: string, vector: Float32Array) {
    const nowMs = Math.round(this.#options.wallMs());
    return { context: this.#contextOf(context), vector, nowMs, limit: maxNear };
  }

  #contextOf(context: string): string {
    if (this.#options.shares()) return context;
    if (this.#place === "") this.#place = this.#options.newId();
    return `${this.#place} ${context}`;
  }

  /** Undefined where the database does not answer, or is left alone. Never rejects. */
  async #run<T>(
    waitMs: number | undefined,
    request: (store: StoreLink) => Promise<T>,
  ): Promise<T | undefined> {
    const { store } = this.#options;
    if (store === undefined || !this.index.isReady()) return undefined;
    try {
      if (!this.#open && (await this.#openTable(waitMs)) !== "") return undefined;
      return this.#open ? await request(store) : undefined;
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      this.#rest(restMs);
      return undefined;
    }
  }

  /** What has to be done first; "": nothing, or nobody knows, as the database is away. */
  async #openTable(waitMs: number | undefined): Promise<string> {
    const { store, notice } = this.#options;
    if (store === undefined) return "";
    try {
      const opened = await store.request("questions.open", {}, waitMs);
      this.#open = opened.ok;
      if (opened.ok) return "";
      this.#rest(longRestMs);
      const message = `questions cannot be kept in the database: ${opened.fix}`;
      notice({ event: "semantic_index_unavailable", message });
      return opened.fix;
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      this.#rest(restMs);
      return "";
    }
  }

  #rest(forMs: number): void {
    this.#restsUntilMs = this.#options.nowMs() + forMs;
  }
}

/** Whether the questions of a model are kept in the database. */
export function keepsStoredQuestions({
  semanticCache,
}: Settings["config"]["models"][number]): boolean {
  return semanticCache?.index === SemanticIndex.POSTGRES;
}
