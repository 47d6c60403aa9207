import { CacheState } from "../../../gen/parlance/call/v1/cache_pb.js";
import { EmbedSpecSchema } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import type { ConfiguredModel, Settings } from "../../config/settings.ts";
import type { CacheWishes } from "../../core/cache/cache-wishes.ts";
import type { BodyAlias, CacheEntry, CacheStores } from "../../core/cache/entry-store.ts";
import type { Call, Handler, Reply } from "../../core/call.ts";
import type { Stage } from "../../core/compose.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { wholeEnd } from "../../core/life.ts";
import { expectMessage } from "../../core/operation.ts";
import { routeOptions, withArm } from "../routing/route.ts";
import { type CacheKeys, createCacheKeys } from "./cache-key.ts";
import { isRepeatable } from "./cacheable.ts";
import type { CachedCall, CacheWorld } from "./cached-call.ts";
import { createCanonicalForm } from "./canonical-form.ts";
import {
  batchKey,
  callFor,
  completedBatch,
  keepVectors,
  missingOf,
  movedFailure,
  savedBy,
  storedBatch,
} from "./embed-batch.ts";
import { Flight, type Landed } from "./flight.ts";
import {
  bypassForecast,
  type Forecast,
  forecastOf,
  LATE,
  type Looked,
  OLD,
  OTHERS,
  whyUnwanted,
} from "./forecast.ts";
import { keepAnswer } from "./keep-answer.ts";
import { leasedCall } from "./leased-call.ts";
import { readWishes } from "./read-wishes.ts";
import { renew } from "./renew.ts";
import { SemanticLookup } from "./semantic/semantic-cache.ts";
import { awaitLanding, replyOf } from "./shared-reply.ts";
import { storedBody } from "./stored-body.ts";
import { createTakeRule, mayShare, type TakeRule } from "./take-rule.ts";

/** The stage of the cache. Undefined where no model has one. */
export function cachePolicy(settings: Settings, world: CacheWorld): Stage | undefined {
  const { cache: stores } = world;
  if (stores === undefined) return undefined;
  const { resolve } = settings;
  const cache = new ResponseCache(settings, world, stores);
  return {
    name: "cache",
    // What a stream says is stored in the contract's form, beside its bytes.
    sees: ({ request, model }) =>
      request.stream && resolve(model)?.settings.cache !== undefined ? "events" : "usage",
    layer: (next) => (call) => {
      const model = modelOf(call, resolve);
      return model === undefined ? next(call) : cache.answer(call, model, next);
    },
    plan: async (call) => {
      const model = modelOf(call, resolve);
      if (model === undefined) return undefined;
      return { call, report: [], cache: await cache.forecast(call, model) };
    },
  };
}

/** The model of a call, as its arm has it, where it has a cache. */
function modelOf({ model: name, arm }: Call, resolve: Settings["resolve"]) {
  const model = resolve(name);
  if (model?.settings.cache === undefined) return undefined;
  return arm === undefined ? model : withArm(model, arm.name);
}

/** Answers calls from stored answers, and stores those of vendors. It fails open. */
class ResponseCache {
  readonly #stores: CacheStores;
  readonly #world: CacheWorld;
  readonly #keys: CacheKeys;
  readonly #mayTake: TakeRule;
  readonly #semantic: SemanticLookup;
  /** What is under way, by key. */
  readonly #flights = new Map<string, Flight>();

  constructor(settings: Settings, world: CacheWorld, stores: CacheStores) {
    this.#stores = stores;
    this.#world = world;
    this.#mayTake = createTakeRule(routeOptions(settings, world));
    this.#keys = createCacheKeys({
      settings,
      outlet: world.outlet,
      addCanonical: createCanonicalForm(),
    });
    this.#semantic = new SemanticLookup(this.#keys, world);
  }

  answer(call: Call, model: ConfiguredModel, next: Handler): Promise<Reply> {
    const wishes = readWishes(call);
    if (whyUnwanted(call, model, wishes) !== undefined) return bypass(call, next);
    const head = this.#keys.head(call, model, wishes);
    if (call.request.operation.name === "embed")
      return this.#embed({ call, model, wishes, key: head, digest: undefined, next });
    const digest = this.#keys.ofBytes(call, model, head);
    const alias = digest === undefined ? undefined : this.#stores.aliases.find(digest);
    const key = alias?.key ?? this.#keyOf(call, model, head);
    if (key === undefined) return bypass(call, next);
    const cached = this.#cached({ call, model, wishes, key, digest, next });
    const found = wishes.noCache === true ? undefined : this.#stores.entries.get(key, call.trace);
    return found instanceof Promise
      ? found.then((entry) => this.#answerWith(cached, alias, entry))
      : this.#answerWith(cached, alias, found);
  }

  /** What `answer` would do, by what is stored now. Calls no vendor, and is no use of an answer. */
  async forecast(call: Call, model: ConfiguredModel): Promise<Forecast> {
    const wishes = readWishes(call);
    const unwanted = whyUnwanted(call, model, wishes);
    if (unwanted !== undefined) return bypassForecast(unwanted);
    const head = this.#keys.head(call, model, wishes);
    const isEmbed = call.request.operation.name === "embed";
    const own = isEmbed ? undefined : this.#keyOf(call, model, head);
    const keys = own === undefined ? this.#inputKeys(call, model, head) : [own];
    if (keys === undefined) return bypassForecast("its answer cannot be given to another call");
    const flight = own !== undefined && joins(call, wishes) && this.#flights.has(own);
    const found: Looked[] = [];
    for (const key of wishes.noCache === true ? [] : keys)
      found.push(await this.#look({ call, model, wishes }, key));
    const key = own ?? batchKey(head, keys);
    return forecastOf({ key, found, flight, wishes, model, inputs: isEmbed ? keys.length : 0 });
  }

  async #look(cached: Pick<CachedCall, "call" | "model" | "wishes">, key: string): Promise<Looked> {
    const { call } = cached;
    const entry = await this.#stores.entries.peek(key, call.trace);
    if (entry === undefined) return { entry, unfit: undefined, ageMs: 0 };
    const ageMs = this.#ageMs(entry);
    const isLate = call.request.operation.name === "embed" && ageMs >= entry.ttlMs;
    return { entry, unfit: isLate ? LATE : this.#whyUnusable(cached, entry), ageMs };
  }

  /** Answers a call with the answer to a question that means the same, or has it answered. */
  async #answerAlike(cached: CachedCall): Promise<Reply> {
    const search = await this.#semantic.search(cached, async (key) => {
      const entry = await this.#stores.entries.get(key, cached.call.trace);
      if (entry === undefined) return undefined;
      const unfit = this.#whyUnusable(cached, entry);
      return unfit === LATE ? undefined : { entry, usable: unfit === undefined };
    });
    if (search === undefined) return this.#bring(cached);
    const { found, question } = search;
    if (found === undefined)
      return this.#bring({
        ...cached,
        keep: (landed) => {
          cached.keep(landed);
          this.#semantic.add(cached, question);
        },
      });
    const { entry, similarity } = found;
    return this.#hit({ ...cached, key: entry.key }, entry, undefined, similarity);
  }

  #cached(cached: Omit<CachedCall, "keep">): CachedCall {
    const keep = (landed: Landed) => keepAnswer(cached, landed, this.#stores, this.#world.wallMs());
    return { ...cached, keep };
  }

  /** A batch: of its inputs only those go to the vendor whose vectors are not stored. */
  async #embed(cached: Omit<CachedCall, "keep">): Promise<Reply> {
    const { call, key: head, next } = cached;
    const batch = await this.#batch(cached);
    if (batch === undefined) return bypass(call, next);
    const key = batchKey(head, batch.keys);
    const places = missingOf(batch);
    if (places.length === 0) return storedBatch(call, batch, key, this.#world.wallMs());
    const part: CachedCall = {
      ...cached,
      call: callFor(call, batch, places),
      key: batchKey(
        "",
        places.map((at) => batch.keys[at] ?? ""),
      ),
      keep: (landed) =>
        keepVectors(part, batch, landed, { stores: this.#stores, nowMs: this.#world.wallMs() }),
    };
    try {
      const reply = completedBatch(call, batch, await this.#bring(part));
      const facts = call.trace.cache;
      const inputsHit = batch.spec.inputs.length - places.length;
      if (facts !== undefined)
        call.trace.cached({ ...facts, key, inputsHit, saved: savedBy(batch) });
      return reply;
    } catch (error) {
      throw movedFailure(error, places);
    }
  }

  async #batch({ call, model, wishes, key: head }: Omit<CachedCall, "keep">) {
    const keys = this.#inputKeys(call, model, head);
    if (keys === undefined) return undefined;
    const spec = expectMessage(call.request.message(), EmbedSpecSchema);
    if (wishes.noCache === true) return { spec, keys, found: keys.map(() => undefined) };
    const entries = await Promise.all(keys.map((key) => this.#stores.entries.get(key, call.trace)));
    const found = entries.map((entry) =>
      entry !== undefined && this.#isFresh({ call, model, wishes }, entry) ? entry : undefined,
    );
    return { spec, keys, found };
  }

  #inputKeys(call: Call, model: ConfiguredModel, head: string): readonly string[] | undefined {
    try {
      if (!isRepeatable(call)) return undefined;
      const spec = expectMessage(call.request.message(), EmbedSpecSchema);
      return this.#keys.ofInputs(call, model, head, spec);
    } catch (error) {
      if (error instanceof GatewayError) return undefined;
      throw error;
    }
  }

  #answerWith(
    cached: CachedCall,
    alias: BodyAlias | undefined,
    entry: CacheEntry | undefined,
  ): Promise<Reply> {
    if (entry !== undefined && this.#isUsable(cached, entry))
      return Promise.resolve(this.#hit(cached, entry, alias));
    const { semanticCache } = cached.model.settings;
    return semanticCache === undefined ? this.#bring(cached) : this.#answerAlike(cached);
  }

  /**
   * The answer that is under way for another call, or one that is brought now. Nothing is waited
   * for in between, so that of equal calls one alone brings it.
   */
  #bring(cached: CachedCall): Promise<Reply> {
    const { call, key, wishes, next } = cached;
    const isJoining = joins(call, wishes);
    const flight = isJoining ? this.#flights.get(key) : undefined;
    if (flight !== undefined) return this.#follow(cached, flight);
    if (wishes.noStore === true) return bypass(call, next, key);
    return this.#lead(isJoining ? this.#leased(cached) : cached);
  }

  /** Undefined where an answer cannot be given twice. What is wrong with a request others say. */
  #keyOf(call: Call, model: ConfiguredModel, head: string): string | undefined {
    try {
      return isRepeatable(call) ? this.#keys.ofCall(call, model, head) : undefined;
    } catch (error) {
      if (error instanceof GatewayError) return undefined;
      throw error;
    }
  }

  /** Vectors do not age, so that none is taken past its time. */
  #isFresh(cached: Pick<CachedCall, "call" | "model" | "wishes">, entry: CacheEntry): boolean {
    return this.#ageMs(entry) < entry.ttlMs && this.#isUsable(cached, entry);
  }

  #isUsable(cached: Pick<CachedCall, "call" | "model" | "wishes">, entry: CacheEntry): boolean {
    return this.#whyUnusable(cached, entry) === undefined;
  }

  #whyUnusable(
    { call, model, wishes }: Pick<CachedCall, "call" | "model" | "wishes">,
    entry: CacheEntry,
  ): string | undefined {
    const ageMs = this.#ageMs(entry);
    if (ageMs >= entry.ttlMs + entry.staleMs) return LATE;
    if (wishes.maxAgeMs !== undefined && ageMs > wishes.maxAgeMs) return OLD;
    const { provider, vendorModel } = entry;
    return this.#mayTake(call, model, { provider, model: vendorModel }) ? undefined : OTHERS;
  }

  #ageMs({ storedMs }: CacheEntry): number {
    return Math.max(0, this.#world.wallMs() - storedMs);
  }

  #hit(
    cached: CachedCall,
    entry: CacheEntry,
    alias: BodyAlias | undefined,
    similarity?: number,
  ): Reply {
    const { call, key, digest } = cached;
    const { life, request, trace } = call;
    const ageMs = this.#ageMs(entry);
    const stale = ageMs >= entry.ttlMs;
    trace.cached({
      state: CacheState.HIT,
      key,
      ageMs,
      saved: entry.usage,
      madeBy: { provider: entry.provider, model: entry.vendorModel },
      ...(stale ? { stale } : undefined),
      ...(similarity === undefined ? undefined : { similarity }),
    });
    // The call is that of another question where the answer is only near.
    const own = similarity === undefined;
    if (own && stale && !this.#flights.has(key)) this.#renew(cached);
    if (own && alias === undefined && digest !== undefined)
      this.#stores.aliases.add(digest, { key, storedMs: entry.storedMs });
    const wire = alias?.storedMs === entry.storedMs ? alias.wire : undefined;
    life.end(wholeEnd(undefined));
    return {
      life,
      target: { provider: entry.provider, model: entry.vendorModel },
      dialect: entry.dialect,
      report: entry.report,
      headers: {},
      body: storedBody(request, entry, wire),
    };
  }

  async #follow(cached: CachedCall, flight: Flight): Promise<Reply> {
    const { call, model, key, digest, next } = cached;
    const { life, trace } = call;
    flight.join(life);
    trace.cached({ state: CacheState.HIT, key, ageMs: 0, shared: true });
    try {
      const landed = await awaitLanding(flight, life);
      const { target } = landed.reply;
      if (mayShare(call, flight) || this.#mayTake(call, model, target))
        return await replyOf(
          flight,
          landed,
          call,
          digest !== undefined && digest === flight.digest,
        );
    } catch (error) {
      trace.cached({ state: CacheState.MISS, key });
      life.took(flight.leave(life));
      throw error;
    }
    // Another key's call fell back to a model that this one may not be answered by.
    life.took(flight.leave(life));
    return bypass(call, next, key);
  }

  /** A call whose answer another gateway may be bringing. */
  #leased(cached: CachedCall): CachedCall {
    const { leases } = this.#stores.entries;
    // A stream would wait for the end of another one; of a batch each input is stored for itself.
    const { stream, operation } = cached.call.request;
    if (leases === undefined || stream || operation.name === "embed") return cached;
    return leasedCall(cached, leases, (call, entry) =>
      this.#isUsable(cached, entry) ? this.#hit({ ...cached, call }, entry, undefined) : undefined,
    );
  }

  async #lead(cached: CachedCall): Promise<Reply> {
    const { call, key } = cached;
    const { life } = call;
    call.trace.cached({ state: CacheState.MISS, key });
    const flight = this.#launch(cached, call, false);
    try {
      return await replyOf(flight, await awaitLanding(flight, life), call, true);
    } catch (error) {
      life.took(flight.leave(life));
      throw error;
    }
  }

  #launch(cached: CachedCall, call: Call, unattended: boolean): Flight {
    const { key, digest, next } = cached;
    const flight = new Flight({
      call,
      next,
      maxBytes: this.#stores.maxEntryBytes,
      digest,
      unattended,
      onWhole: cached.keep,
      onClosed: () => {
        if (this.#flights.get(key) === flight) this.#flights.delete(key);
      },
    });
    if (isShared(call) && !this.#flights.has(key)) this.#flights.set(key, flight);
    return flight;
  }

  #renew(cached: CachedCall): void {
    renew(cached, this.#world, (call) => this.#launch(cached, call, true));
  }
}

/** Whether a call may have the answer that is under way for an equal one. */
function joins(call: Call, { noCache }: CacheWishes): boolean {
  return noCache !== true && isShared(call);
}

/** What a caller wants of failures is its own: such a call fails for itself. */
function isShared({ recovery }: Call): boolean {
  return recovery === undefined;
}

function bypass(call: Call, next: Handler, key = ""): Promise<Reply> {
  call.trace.cached({ state: CacheState.BYPASS, key });
  return next(call);
}
