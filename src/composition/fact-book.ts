import { readFile } from "node:fs/promises";
import { create, fromJson } from "@bufbuild/protobuf";
import {
  type ModelFacts,
  ModelFactsSchema,
  type Prices,
} from "../../gen/parlance/model/v1/model_facts_pb.js";
import { factNames } from "../adapters/catalog/fact-source.ts";
import { serviceTiersOf } from "../adapters/catalog/service-tiers.ts";
import type { Settings } from "../config/settings.ts";
import { mergeFacts } from "../core/facts/merge-facts.ts";
import type { Target } from "../core/target/target.ts";
import {
  arrayAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  parseJson,
} from "../json/json.ts";

/** What is known of models. */
export interface FactBook {
  /**
   * What is known of a model: the built-in data with `own`, what the config says, over it.
   * Undefined: nothing. The data of a kind of provider are read on first use.
   */
  facts(query: FactQuery): Promise<ModelFacts | undefined>;
  /**
   * The maximum number of tokens in an answer of a model, for vendors who demand a bound; undefined
   * where it is unknown or leaves no room for a prompt. A plain value where it is cached, else a
   * promise.
   */
  maxOutput(query: FactQuery): MaxOutput | Promise<MaxOutput>;
  /**
   * The prices of a model with those of the vendor's tiers of service. A plain value where it is
   * cached, else a promise.
   */
  prices(query: FactQuery): ListedPrices | Promise<ListedPrices>;
}

/** The list prices of a model. */
export interface ListedPrices {
  /** Undefined: they are not known. */
  readonly prices: Prices | undefined;
  /** Where they come from. Empty: nothing is known. */
  readonly sources: readonly string[];
}

type MaxOutput = number | undefined;

/** A model where it is served. */
export interface FactQuery {
  /** The provider's row of the catalog. */
  readonly kind: string;
  /** The model, in the vendor's words. */
  readonly model: string;
  /** The model that a deployment serves. */
  readonly baseModel?: string | undefined;
  /** What the config says. */
  readonly own?: ModelFacts | undefined;
}

/** The query for the facts of a configured target. */
export function factQueryOf(
  { providers }: Pick<Settings, "providers">,
  { provider, model, baseModel, facts }: Target,
): FactQuery {
  return { kind: providers.get(provider)?.row.id ?? "", model, baseModel, own: facts };
}

/** How many answers are cached at most; names of models come from callers. */
const keptAnswers = 1000;

/**
 * Makes a book of the built-in data. `read` gives the text of a file of them by its name. A file
 * that cannot be read is reported to `onBug` once, and nothing is known from it: facts never fail a
 * call.
 */
export function createFactBook(
  read: (file: string) => Promise<string>,
  onBug: (error: unknown) => void,
): FactBook {
  const files = new Map<string, Promise<FactFile>>();
  const bounds = new Map<string, MaxOutput>();
  const listed = new Map<string, ListedPrices>();
  const open = (file: string): Promise<FactFile> => {
    const opened = files.get(file) ?? read(file).then(parseFile).catch(unreadable);
    files.set(file, opened);
    return opened;
  };
  const unreadable = (error: unknown): FactFile => {
    onBug(error);
    return { sources: [], models: {} };
  };
  const facts = async ({
    kind,
    model,
    baseModel,
    own,
  }: FactQuery): Promise<ModelFacts | undefined> => {
    for (const { file, name, priced } of factNames(kind, model, baseModel)) {
      const found = factsIn(await open(file), name, priced);
      if (found !== undefined) return own === undefined ? found : mergeFacts(found, own);
    }
    return own;
  };
  return {
    facts,
    maxOutput(query) {
      const { kind, model, baseModel, own } = query;
      if (own?.maxOutputTokens !== undefined) return own.maxOutputTokens;
      const key = JSON.stringify([kind, model, baseModel]);
      if (bounds.has(key)) return bounds.get(key);
      return facts({ kind, model, baseModel }).then((known) => {
        if (bounds.size >= keptAnswers) bounds.clear();
        const bound = known === undefined ? undefined : usableBound(known);
        bounds.set(key, bound);
        return bound;
      });
    },
    prices(query) {
      const { kind, model, baseModel, own } = query;
      // What the config says of prices goes over the data field by field.
      if (own?.prices !== undefined) return facts(query).then((known) => listedOf(kind, known));
      const key = JSON.stringify([kind, model, baseModel]);
      const found = listed.get(key);
      if (found !== undefined) return found;
      return facts({ kind, model, baseModel }).then((known) => {
        if (listed.size >= keptAnswers) listed.clear();
        const prices = listedOf(kind, known);
        listed.set(key, prices);
        return prices;
      });
    },
  };
}

function listedOf(kind: string, facts: ModelFacts | undefined): ListedPrices {
  const prices = facts?.prices;
  if (facts === undefined || prices === undefined) return unknown;
  const own = prices.serviceTiers;
  const more = serviceTiersOf(kind).filter(({ tier }) => own.every((one) => one.tier !== tier));
  return {
    prices: more.length === 0 ? prices : { ...prices, serviceTiers: [...own, ...more] },
    sources: facts.sources,
  };
}

const unknown: ListedPrices = { prices: undefined, sources: [] };

/** Reads a file of the built-in data, from the package's own folder. */
export function readFactFile(file: string): Promise<string> {
  return readFile(new URL(`../../gen/facts/${file}.json`, import.meta.url), "utf8");
}

interface FactFile {
  readonly sources: readonly string[];
  /** By name: the places of its sources, and the facts as protojson. */
  readonly models: JsonObject;
}

function parseFile(text: string): FactFile {
  const parsed = parseJson(text);
  if (!parsed.ok || !isObject(parsed.value))
    throw new Error("the built-in facts are not as they were made");
  const sources = (arrayAt(parsed.value, "sources") ?? []).filter(
    (source) => typeof source === "string",
  );
  return { sources, models: objectAt(parsed.value, "models") ?? {} };
}

function factsIn(
  { sources, models }: FactFile,
  name: string,
  priced: boolean,
): ModelFacts | undefined {
  const entry: Json | undefined = Object.hasOwn(models, name) ? models[name] : undefined;
  if (!Array.isArray(entry)) return undefined;
  const [from, factsJson] = entry;
  const { prices, ...facts } = fromJson(ModelFactsSchema, factsJson);
  const places: readonly Json[] = Array.isArray(from) ? from : [];
  return create(ModelFactsSchema, {
    ...facts,
    ...(priced && prices !== undefined ? { prices } : {}),
    sources: sources.filter((_, place) => places.includes(place)),
  });
}

function usableBound({ maxOutputTokens, contextWindow }: ModelFacts): MaxOutput {
  const roomless =
    maxOutputTokens !== undefined &&
    contextWindow !== undefined &&
    maxOutputTokens >= contextWindow;
  return roomless ? undefined : maxOutputTokens;
}
