import { type Document, Document as YamlDocument } from "yaml";
import type { Catalog } from "../../adapters/catalog/catalog.ts";
import { createPatternTable } from "../../core/names/name-pattern.ts";
import { describeZeroConfig } from "../zero-config.ts";
import { Accounts } from "./deployments/accounts.ts";
import { readDeployments } from "./deployments/read-deployments.ts";
import { guardsOf } from "./guardrails/guards-of.ts";
import type { Note } from "./note.ts";
import { noteKeys } from "./note-keys.ts";
import { aliasesOf } from "./settings/aliases-of.ts";
import { cacheOf } from "./settings/cache-of.ts";
import { fallbacksOf } from "./settings/fallbacks-of.ts";
import { logOf } from "./settings/log-of.ts";
import { ModelSettings } from "./settings/model-settings.ts";
import { groupsOf, modelsFrom } from "./settings/models-of.ts";
import { redisOf } from "./settings/redis-of.ts";
import { routingOf } from "./settings/routing-of.ts";
import { routerSetting, type Sections, sectionsOf } from "./settings/sections.ts";
import { serverOf } from "./settings/server-of.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Draft, mapping, scalar, secretOf, sequenceOrNone } from "./tree/draft.ts";
import { type Branch, itemsOf, type Leaf, type Member, membersOf } from "./tree/tree.ts";
import { flagOf, numberOf, textOf } from "./tree/values.ts";

/** A LiteLLM file in our words. */
export interface Translated {
  /** A config of ours, whose nodes stand where what they were made of stands. */
  readonly document: Document;
  /** What became of each key, in the order of the file. */
  readonly notes: readonly Note[];
}

/** What a file is translated with. */
export interface TranslateOptions {
  readonly catalog: Catalog;
  /** The environment; empty where it is not looked up. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly lookUps: boolean;
  /** Whether the config is to be written; see {@link Surroundings}. */
  readonly written: boolean;
}

/** Puts a LiteLLM file into our words. Never throws for what the file says. */
export function translateLitellm(root: Branch, options: TranslateOptions): Translated {
  const notes = new Map<string, Note>();
  const note = (one: Note) => {
    const key = `${one.at.offset} ${one.message}`;
    if (!notes.has(key)) notes.set(key, one);
  };
  const { env, lookUps, written } = options;
  const surroundings: Surroundings = {
    env: (name) => (Object.hasOwn(env, name) && env[name]?.trim() !== "" ? env[name] : undefined),
    lookUps,
    written,
    variables: variablesOf(root),
    note,
  };
  const document = new YamlDocument();
  document.contents = translate(root, options, surroundings);
  noteKeys(root, new Set([...notes.values()].map(({ at }) => at.path)), note);
  const sorted = [...notes.values()].sort((left, right) => left.at.offset - right.at.offset);
  return { document, notes: sorted };
}

function translate(root: Branch, { catalog, env }: TranslateOptions, surroundings: Surroundings) {
  const { at, members } = root;
  const sections = sectionsOf(root);
  const list = members.get("model_list")?.value;
  const accounts = new Accounts(catalog, surroundings, takenNames(root, sections, surroundings));
  const deployments = readDeployments(
    list,
    {
      catalog,
      accounts,
      credentials: credentialsOf(root, surroundings),
      vertex: membersOf(members.get("default_vertex_config")?.value),
    },
    surroundings,
  );
  const groups = groupsOf(deployments);
  const patterns = createPatternTable([...groups]);
  const isGroup = (name: string) => groups.has(name) || patterns.find(name) !== undefined;
  const aliases = aliasesOf(sections, (name) => groups.has(name), surroundings);
  const isModel = (name: string) => isGroup(name) || aliases.has(name);
  const lists = (key: string) => fallbacksOf(routerSetting(sections, key), isModel, surroundings);
  const fallbacks = lists("fallbacks");
  const contextFallbacks = lists("context_window_fallbacks");
  const contentFallbacks = lists("content_policy_fallbacks");
  const hasFallbacks = [fallbacks, contextFallbacks, contentFallbacks].some(({ size }) => size > 0);
  const guards = guardsOf(root, surroundings);
  const { models, rules } = modelsFrom(
    groups,
    {
      settings: new ModelSettings(sections, surroundings),
      targets: targetDefaults(sections, surroundings),
      cache: cacheOf(sections, isModel, surroundings),
      fallbacks,
      contextFallbacks,
      contentFallbacks,
      guards: guards.names,
    },
    surroundings,
  );
  if (namesAnyVendor(root, surroundings)) addVendors(accounts, env, catalog, at);
  const redis = redisOf(sections, surroundings);
  return mapping(
    {
      ...serverOf(sections, surroundings, at),
      state: redis === undefined ? undefined : mapping({ redis }, at),
      providers: mapping(accounts.fields, at),
      models: sequenceOrNone(models, at),
      aliases: sequenceOrNone([...aliases.values()], at),
      routing: routingOf(sections, { general: fallbacks, hasFallbacks, isModel }, surroundings, at),
      rules: sequenceOrNone(rules, at),
      guards: sequenceOrNone(guards.guards, at),
      observe: logOf(sections, surroundings, at),
    },
    at,
  );
}

/** `environment_variables` of a file, by name. */
function variablesOf({ members }: Branch): ReadonlyMap<string, Leaf> {
  const variables = membersOf(members.get("environment_variables")?.value);
  return new Map(
    [...variables.values()].flatMap(({ name, value }) =>
      value.kind === "leaf" ? [[name, value] as const] : [],
    ),
  );
}

function credentialsOf(
  { members }: Branch,
  surroundings: Surroundings,
): ReadonlyMap<string, ReadonlyMap<string, Member>> {
  const list = itemsOf(members.get("credential_list")?.value);
  return new Map(
    list.flatMap((entry) => {
      const parts = membersOf(entry);
      const name = textOf(parts.get("credential_name")?.value, surroundings)?.value;
      if (name === undefined) return [];
      const info = membersOf(parts.get("credential_info")?.value).get("custom_llm_provider");
      const values = new Map(membersOf(parts.get("credential_values")?.value));
      if (info !== undefined) values.set("custom_llm_provider", info);
      return [[name, values] as const];
    }),
  );
}

/** Names that no provider may have: what models begin with before a slash. */
function takenNames(
  { members }: Branch,
  sections: Sections,
  surroundings: Surroundings,
): (name: string) => boolean {
  const taken = new Set<string>();
  const add = (name: string | undefined) => {
    const slash = name?.indexOf("/") ?? -1;
    if (name !== undefined && slash > 0) taken.add(name.slice(0, slash));
  };
  for (const entry of itemsOf(members.get("model_list")?.value))
    add(textOf(membersOf(entry).get("model_name")?.value, surroundings)?.value);
  for (const name of membersOf(routerSetting(sections, "model_group_alias")).keys()) add(name);
  return (name) => taken.has(name);
}

function targetDefaults(sections: Sections, surroundings: Surroundings) {
  const tags = flagOf(routerSetting(sections, "enable_tag_filtering"), surroundings);
  const max = numberOf(routerSetting(sections, "default_max_parallel_requests"), surroundings);
  return {
    tags: tags?.value === true,
    maxInFlight: max === undefined ? undefined : scalar(Math.max(1, Math.trunc(max.value)), max.at),
  };
}

/** Whether `*` stands for any vendor. */
function namesAnyVendor({ members }: Branch, surroundings: Surroundings): boolean {
  return itemsOf(members.get("model_list")?.value).some((entry) => {
    const parts = membersOf(entry);
    const name = textOf(parts.get("model_name")?.value, surroundings)?.value;
    const params = membersOf(parts.get("litellm_params")?.value);
    return name === "*" && textOf(params.get("model")?.value, surroundings)?.value === "*";
  });
}

/** Adds the vendors whose keys are in the environment. */
function addVendors(
  accounts: Accounts,
  env: TranslateOptions["env"],
  catalog: Catalog,
  at: Branch["at"],
): void {
  for (const { name, credentialEnv } of describeZeroConfig(env, catalog)) {
    const isKey =
      credentialEnv !== undefined && catalog.get(name)?.credentialEnv.includes(credentialEnv);
    if (name === "sim") continue;
    const key: Draft | undefined =
      isKey === true && credentialEnv !== undefined ? secretOf(credentialEnv, at) : undefined;
    accounts.add(name, mapping({ kind: scalar(name, at), api_key: key }, at));
  }
}
