import type { Config } from "../../gen/parlance/config/v1/config_pb.js";
import type { Catalog } from "../adapters/catalog/catalog.ts";
import type { Steps } from "../core/steps.ts";
import { applyDefaults } from "./apply-defaults.ts";
import { checkBudgets } from "./compile/check-budgets.ts";
import { checkHealthChecks } from "./compile/check-health-checks.ts";
import { checkLimits } from "./compile/check-limits.ts";
import { checkSemanticIndexes } from "./compile/check-semantic-index.ts";
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
import { compileSinks } from "./compile/compile-sinks.ts";
import { compileStore } from "./compile/compile-store.ts";
import { compileTeams } from "./compile/compile-teams.ts";
import { hashConfig } from "./config-hash.ts";
import { type ConfigScope, inEntry, inField } from "./config-scope.ts";
import { deepFreeze } from "./deep-freeze.ts";
import type { FilledConfig } from "./defaults.ts";
import { createKnownNames } from "./known-names.ts";
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
  const named = new Set(shown.models.map((model) => model.name));
  const names = createKnownNames(
    [...named, ...shown.aliases.map((alias) => alias.name)],
    shown.providers,
  );
  const scopeOfAliases = inField(scope, "aliases");
  const aliases = yield* compileAliases(shown.aliases, { names, models: named }, scopeOfAliases);
  const scopeOfModels = inField(scope, "models");
  const models = yield* compileModels(shown.models, names, scopeOfModels);
  checkSemanticIndexes(shown, scopeOfModels);
  yield* checkHealthChecks(shown.models, providers, scopeOfModels);
  yield* reportCycles({ models: shown.models, aliases }, scopeOfModels);
  yield* checkFallbackPrompts(shown.models, shown.routing.defaultFallbacks, scopeOfModels);
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
  const redis = compileRedis(redisOf(effective), inField(inField(scope, "state"), "redis"));
  const store = compileStore(effective.store, inField(scope, "store"));
  const cacheEncryptionKey = compileEncryptionKey(
    effective.cache.encryptionKey,
    inField(inField(scope, "cache"), "encryption_key"),
  );
  const storeEncryptionKey = compileEncryptionKey(
    effective.store.encryptionKey,
    inField(inField(scope, "store"), "encryption_key"),
  );
  return deepFreeze<Settings>({
    hash: yield* hashConfig(shown),
    config: shown,
    auth,
    workers: compileWorkers(shown.server),
    ...(tls === undefined ? {} : { tls }),
    ...(redis === undefined ? {} : { redis }),
    ...(store === undefined ? {} : { store }),
    ...(cacheEncryptionKey === undefined ? {} : { cacheEncryptionKey }),
    ...(storeEncryptionKey === undefined ? {} : { storeEncryptionKey }),
    keys,
    sinks: compileSinks(effective.sinks, inField(scope, "sinks")),
    teams,
    prices: compilePriceRules(shown.prices, names, inField(scope, "prices")),
    issuers,
    providers,
    models,
    ...(rules === undefined ? {} : { rules }),
    aliases,
    resolve: createResolve({ models, providers, aliases }),
  });
}

/** The Redis of a config; undefined where it has none. */
function redisOf({ state: { kind } }: FilledConfig) {
  return kind.case === "redis" ? kind.value : undefined;
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
