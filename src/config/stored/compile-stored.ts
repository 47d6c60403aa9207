import type { Config } from "../../../gen/parlance/config/v1/config_pb.js";
import type { Catalog } from "../../adapters/catalog/catalog.ts";
import type { Steps } from "../../core/steps.ts";
import type {
  ConfigObject,
  ConfigObjectKind,
  LeftOut,
  ObjectProblem,
} from "../../core/stored/config-object.ts";
import { type ConfigScope, type Finding, inEntry, inField } from "../config-scope.ts";
import { createSettings } from "../create-settings.ts";
import { elementPath, enclosingPaths, entryPath } from "../document/field-path.ts";
import { checkStoredProvider } from "../egress/check-stored-provider.ts";
import type { Settings } from "../settings.ts";
import { type ReadObject, readObject } from "./read-object.ts";

/** A config that can be used by itself. */
export interface BaseConfig {
  readonly config: Config;
  readonly settings: Settings;
}

/** The settings of a config with the objects of the store, and those that are not among them. */
export interface StoredSettings {
  readonly settings: Settings;
  readonly leftOut: readonly LeftOut[];
}

/** What objects are compiled with. `isAllowed` picks the findings that do not matter. */
export interface StoredScope {
  readonly catalog: Catalog;
  readonly scope: ConfigScope;
  readonly isAllowed: (finding: Finding) => boolean;
}

/**
 * Adds the objects of the store to a config. The config wins: an object whose name it has is left
 * out, and so is one that is wrong, since a gateway must start whatever the store holds.
 */
export function* compileStored(
  base: BaseConfig,
  objects: readonly ConfigObject[],
  { catalog, scope, isAllowed }: StoredScope,
): Steps<StoredSettings> {
  const leftOut: LeftOut[] = [];
  let kept = objects.flatMap((object) => {
    const read = readOrProblem(object, base);
    if ("message" in read) return [read];
    leftOut.push(read);
    return [];
  });
  while (kept.length > 0) {
    const findings: Finding[] = [];
    const merged = mergeObjects(base.config, kept);
    const own: ConfigScope = {
      ...scope,
      report: (finding) => {
        if (!isAllowed(finding)) findings.push(finding);
      },
    };
    const settings = yield* createSettings(merged, catalog, own);
    checkProviders(settings, kept, inField(own, "providers"));
    if (findings.length === 0) return { settings: withNames(settings, kept), leftOut };
    const wrong = problemsOf(findings, base.config, kept);
    for (const [{ kind, name }, problems] of wrong) leftOut.push({ kind, name, problems });
    kept = kept.filter((one) => !wrong.has(one));
  }
  return { settings: base.settings, leftOut };
}

/** What the config file may say of providers and the store may not. */
function checkProviders(
  { providers, egress }: Settings,
  kept: readonly ReadObject[],
  scope: ConfigScope,
): void {
  for (const { kind, name } of kept) {
    const provider = kind === "provider" ? providers.get(name) : undefined;
    if (provider !== undefined) checkStoredProvider(provider, egress, inEntry(scope, name));
  }
}

/** Which objects of the settings the store owns. */
function withNames(settings: Settings, kept: readonly ReadObject[]): Settings {
  const namesOf = (kind: ConfigObjectKind): ReadonlySet<string> =>
    new Set(kept.flatMap((one) => (one.kind === kind ? one.name : [])));
  const [providers, models, prices] = [namesOf("provider"), namesOf("model"), namesOf("price")];
  return Object.freeze({ ...settings, stored: { providers, models, prices } });
}

function readOrProblem(object: ConfigObject, { config, settings }: BaseConfig) {
  const { kind, name } = object;
  if (isTaken(config, kind, name))
    return left(object, { message: `the config has a ${kind} or an alias of this name` });
  const reading = readObject(object, settings.storeEncryptionKey);
  return reading.ok ? reading.read : left(object, reading);
}

function left(
  { kind, name }: ConfigObject,
  { message, hint = "" }: { readonly message: string; readonly hint?: string },
): LeftOut {
  return { kind, name, problems: [{ path: "", message, hint }] };
}

/** Whether a config has something of a name itself. */
export function isTaken(config: Config, kind: ConfigObjectKind, name: string): boolean {
  switch (kind) {
    case "provider":
      return Object.hasOwn(config.providers, name);
    case "model":
      return [...config.models, ...config.aliases].some((one) => one.name === name);
    case "price":
      return false;
  }
}

/** Objects of the store come after those of the config. */
function mergeObjects(config: Config, kept: readonly ReadObject[]): Config {
  const merged = {
    ...config,
    providers: { ...config.providers },
    models: [...config.models],
    prices: [...config.prices],
  };
  for (const one of kept)
    switch (one.kind) {
      case "provider":
        merged.providers[one.name] = one.message;
        break;
      case "model":
        merged.models.push(one.message);
        break;
      case "price":
        merged.prices.push(one.message);
    }
  return merged;
}

/**
 * Whose findings they are. The config can be used without any object, so that what is found
 * elsewhere comes of the objects too: then all are left out, since nobody knows which.
 */
function problemsOf(
  findings: readonly Finding[],
  config: Config,
  kept: readonly ReadObject[],
): ReadonlyMap<ReadObject, readonly ObjectProblem[]> {
  const places = placesOf(config, kept);
  const wrong = new Map<ReadObject, ObjectProblem[]>();
  const elsewhere: ObjectProblem[] = [];
  for (const { path, message, hint } of findings) {
    const said = { message, hint: typeof hint === "string" ? hint : hint() };
    const at = enclosingPaths(path).find((one) => places.has(one)) ?? "";
    const one = places.get(at);
    if (one === undefined) {
      elsewhere.push({ path, ...said });
      continue;
    }
    const problems = wrong.get(one) ?? [];
    const within = path.slice(at.length).replace(/^\./, "");
    if (problems.length < maxProblems) problems.push({ path: within, ...said });
    wrong.set(one, problems);
  }
  if (wrong.size > 0) return wrong;
  return new Map(kept.map((one) => [one, elsewhere.slice(0, maxProblems)]));
}

/** As many problems of one object are kept. */
const maxProblems = 100;

/** The objects by where they are in the config that has all of them. */
function placesOf(config: Config, kept: readonly ReadObject[]): ReadonlyMap<string, ReadObject> {
  const next = { model: config.models.length, price: config.prices.length };
  return new Map(kept.map((one) => [placeOf(one, next), one]));
}

function placeOf(one: ReadObject, next: { model: number; price: number }): string {
  if (one.kind === "provider") return entryPath("providers", one.name);
  const at = next[one.kind];
  next[one.kind] += 1;
  return elementPath(`${one.kind}s`, at);
}
