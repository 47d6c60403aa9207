import type { ConfiguredModel } from "../../config/settings.ts";
import type { CacheWishes } from "../../core/cache/cache-wishes.ts";
import type { CacheStores } from "../../core/cache/entry-store.ts";
import type { Call, Handler } from "../../core/call.ts";
import type { CallRecord } from "../../core/ledger/call-record.ts";
import type { RouteWorld } from "../routing/route.ts";
import type { Landed } from "./flight.ts";
import type { QuestionIndex } from "./semantic/question-index.ts";

/** What the cache needs of the world. */
export interface CacheWorld extends RouteWorld {
  /** A monotonic clock in milliseconds with fractions. */
  readonly nowMs: () => number;
  /** Takes the record of each call that renews an answer. */
  readonly record: (record: CallRecord) => void;
  /** Undefined where no model has a cache. */
  readonly cache: CacheStores | undefined;
  /** Questions in a database. Undefined where no model keeps its own there. */
  readonly storedQuestions: QuestionIndex | undefined;
}

/** A call that may be answered from the cache. */
export interface CachedCall {
  readonly call: Call;
  readonly model: ConfiguredModel;
  readonly wishes: CacheWishes;
  readonly key: string;
  /** Digest of the bytes of the request. Undefined: the caller is typed. */
  readonly digest: string | undefined;
  readonly next: Handler;
  /** Stores the answer, once all of it is there and if it may be given again. Never throws. */
  readonly keep: (landed: Landed) => void;
}
