import { type Config, ConfigSource } from "../../gen/parlance/config/v1/config_pb.js";
import type { Catalog } from "../adapters/catalog/catalog.ts";
import type { Steps } from "../core/steps.ts";
import { applyDefaults } from "./apply-defaults.ts";
import { checkBudgets } from "./compile/checks/check-budgets.ts";
import { checkHealthChecks } from "./compile/checks/check-health-checks.ts";
import { checkLimits } from "./compile/checks/check-limits.ts";
import { checkSemanticIndexes } from "./compile/checks/check-semantic-index.ts";
import { compileAliases } from "./compile/compile-aliases.ts";
import { compileEncryptionKey } from "./compile/compile-encryption-key.ts";
import { checkFallbackPrompts } from "./compile/compile-fallback-prompts.ts";
import { compileIdentity } from "./compile/compile-identity.ts";
import { compileKeys } from "./compile/compile-keys.ts";
import { compileModels, reportCycles } from "./compile/compile-models.ts";
import { compilePriceRules } from "./compile/compile-prices.ts";
import { compileRedis } from "./compile/compile-redis.ts";
import { checkRouting } from "./compile/compile-routing.ts";
import { checkServer, compileTls, compileWorkers } from "./compile/compile-server.ts";
import { compileStore } from "./compile/compile-store.ts";
import { compileTeams } from "./compile/compile-teams.ts";
import { checkGuardNames, compileGuards } from "./compile/guards/compile-guards.ts";
import { compileLog } from "./compile/observe/compile-log.ts";
import { compileMetrics } from "./compile/observe/compile-metrics.ts";
import { compileSinks } from "./compile/observe/compile-sinks.ts";
import { compileTracing } from "./compile/observe/compile-tracing.ts";
import { hashConfig } from "./config-hash.ts";
import { type ConfigScope, inEntry, inField, problem } from "./config-scope.ts";
import { compilePrivacy } from "./content/compile-privacy.ts";
import { deepFreeze } from "./deep-freeze.ts";
import type { FilledConfig } from "./defaults.ts";
import { checkEgress } from "./egress/check-egress.ts";
import { compileEgress } from "./egress/compile-egress.ts";
import { createKnownNames, type KnownNames } from "./known-names.ts";
import { joinConfig, splitConfig } from "./loading/config-parts.ts";
import { compileProvider } from "./providers/compile-provider.ts";
import { redactConfig } from "./redact-config.ts";
import { createResolve } from "./resolve-model.ts";
import { compileRules } from "./rules/compile-rules.ts";
import type { ConfiguredProvider, Settings } from "./settings.ts";

/**
 * Compiles a config. Every problem is reported; the settings may be used only when there was none.
 */
export function* createSettings(
  config: Config,
  catalog: Catalog,
  scope: ConfigScope,
): Steps<Settings> {
  const effective = yield* applyDefaults(config, catalog, scope.sources.env);
  const shown = yield* redact(effective);
  const providers = yield* compileProviders(effective, shown, catalog, inField(scope, "providers"));
  const { names, aliases, models } = yield* compileNames(shown, providers, scope);
  const { auth, keys } = yield* compileKeys({ config: effective, shown, names }, scope);
  const teams = yield* compileTeams(shown, scope);
  const issuers = compileIdentity(
    { shown: shown.identity, secrets: effective.identity },
    { keys: keys.map(({ settings }) => settings.name), teams: [...teams.keys()], open: false },
    inField(scope, "identity"),
  );
  yield* checkLimits(shown, names, scope);
  yield* checkBudgets(shown, names, scope);
  checkServer(shown.server, auth.required, inField(scope, "server"));
  checkRouting(shown.routing, names, inField(scope, "routing"));
  const rules = yield* compileRules(shown, names, scope);
  const tls = compileTls(shown.server.tls, inField(inField(scope, "server"), "tls"));
  const egress = compileEgress(shown.server, inField(inField(scope, "server"), "egress"));
  const { kind: state } = effective.state;
  const redis = compileRedis(
    state.case === "redis" ? state.value : undefined,
    inField(inField(scope, "state"), "redis"),
  );
  const store = compileStore(effective.store, inField(scope, "store"));
  checkConfigSource(effective, scope);
  checkGuardNames(shown, scope);
  const guards = compileGuards(effective.guards, shown.guards, names, scope);
  const encryptionKeys = compileEncryptionKeys(effective, scope);
  const settings: Settings = {
    hash: yield* hashConfig(shown),
    config: shown,
    egress,
    auth,
    workers: compileWorkers(shown.server),
    ...(tls === undefined ? {} : { tls }),
    ...(redis === undefined ? {} : { redis }),
    ...(store === undefined ? {} : { store }),
    ...encryptionKeys,
    ...compilePrivacy(effective, scope),
    keys,
    ...compileSinks(effective, inField(scope, "observe")),
    ...compileTracing(effective.observe.tracing, inField(inField(scope, "observe"), "tracing")),
    ...compileLog(effective.observe.log, inField(inField(scope, "observe"), "log")),
    ...compileMetrics(effective.observe.metrics, inField(inField(scope, "observe"), "metrics")),
    teams,
    prices: compilePriceRules(shown.prices, names, inField(scope, "prices")),
    issuers,
    providers,
    models,
    ...(rules === undefined ? {} : { rules }),
    guards,
    aliases,
    resolve: createResolve({ models, providers, aliases }),
  };
  checkEgress(settings, scope);
  return deepFreeze(settings);
}

/** What calls may name. */
interface Named extends Pick<Settings, "models" | "aliases"> {
  readonly names: KnownNames;
}

/** Compiles models and aliases, with all that refers to them from among them. */
function* compileNames(
  shown: FilledConfig,
  providers: Settings["providers"],
  scope: ConfigScope,
): Steps<Named> {
  const named = new Set(shown.models.map((model) => model.name));
  const names = createKnownNames(
    [...named, ...shown.aliases.map((alias) => alias.name)],
    shown.providers,
  );
  const scopeOfAliases = inField(scope, "aliases");
  const aliases = yield* compileAliases(shown.aliases, { names, models: named }, scopeOfAliases);
  const models = yield* compileModels(shown.models, names, inField(scope, "models"));
  checkSemanticIndexes(shown, inField(scope, "models"));
  yield* checkHealthChecks(shown.models, providers, inField(scope, "models"));
  yield* reportCycles({ models: shown.models, aliases }, inField(scope, "models"));
  const { defaultFallbacks } = shown.routing;
  yield* checkFallbackPrompts(shown.models, defaultFallbacks, inField(scope, "models"));
  return { names, aliases, models };
}

function compileEncryptionKeys(
  { cache, store }: FilledConfig,
  scope: ConfigScope,
): Pick<Settings, "cacheEncryptionKey" | "storeEncryptionKey"> {
  const keyIn = (part: "cache" | "store") => inField(inField(scope, part), "encryption_key");
  const cacheEncryptionKey = compileEncryptionKey(cache.encryptionKey, keyIn("cache"));
  const storeEncryptionKey = compileEncryptionKey(store.encryptionKey, keyIn("store"));
  return {
    ...(cacheEncryptionKey === undefined ? {} : { cacheEncryptionKey }),
    ...(storeEncryptionKey === undefined ? {} : { storeEncryptionKey }),
  };
}

/** What is applied is kept in a database. */
function checkConfigSource({ configSource, store }: FilledConfig, scope: ConfigScope): void {
  if (configSource !== ConfigSource.STORE) return;
  if (store.kind.case === "sqlite" || store.kind.case === "postgres") return;
  problem(inField(scope, "config_source"), {
    message: "needs a database",
    hint: "set store to sqlite or postgres, or config_source to FILE",
    ruleId: "config_source",
  });
}

/** A copy without secrets. Each part is frozen at once, so that not the whole is in one step. */
function* redact(effective: FilledConfig): Steps<FilledConfig> {
  const parts = splitConfig(effective);
  const redacted = function* () {
    for (const part of parts) yield deepFreeze(redactConfig(part));
  };
  return (yield* joinConfig(redacted())) as FilledConfig; // a copy has the fields of the original
}

function* compileProviders(
  effective: FilledConfig,
  shown: FilledConfig,
  catalog: Catalog,
  scope: ConfigScope,
): Steps<ReadonlyMap<string, ConfiguredProvider>> {
  const callers = effective.keys.length + (effective.auth?.adminKey === undefined ? 0 : 1);
  const providers = new Map<string, ConfiguredProvider>();
  for (const [name, provider] of Object.entries(effective.providers)) {
    yield;
    const compiled = compileProvider(provider, { catalog, callers }, inEntry(scope, name));
    const settings = shown.providers[name];
    if (compiled !== undefined && settings !== undefined)
      providers.set(name, { name, settings, ...compiled });
  }
  return providers;
}
