import type { Config } from "../../gen/parlance/config/v1/config_pb.js";
import type { MediaFetch } from "../../gen/parlance/config/v1/media_fetch_pb.js";
import type { Catalog } from "../adapters/catalog/catalog.ts";
import { lenient } from "../core/fidelity/loss-policy.ts";
import type { Steps } from "../core/steps.ts";
import { applyDefaults, mediaFetchDefaults } from "./apply-defaults.ts";
import { compileKeys } from "./compile-keys.ts";
import { compileModels } from "./compile-models.ts";
import { compileServer } from "./compile-server.ts";
import { hashConfig } from "./config-hash.ts";
import { type ConfigScope, inEntry, inField } from "./config-scope.ts";
import { deepFreeze } from "./deep-freeze.ts";
import { durationToMilliseconds } from "./duration-milliseconds.ts";
import { createKnownNames } from "./known-names.ts";
import { joinConfig, splitConfig } from "./loading/config-parts.ts";
import type { ModelPlan } from "./model-plan.ts";
import type { MediaFetchPlan, Plan, ProviderPlan } from "./plan.ts";
import { compileProvider } from "./providers/compile-provider.ts";
import { redactConfig } from "./redact-config.ts";
import { splitModelName } from "./split-model-name.ts";

/** Compiles a config. Every problem is reported; the plan may be used only when there was none. */
export function* createPlan(config: Config, catalog: Catalog, scope: ConfigScope): Steps<Plan> {
  const effective = yield* applyDefaults(config, catalog, scope.sources.env);
  const declared = new Set(Object.keys(effective.providers));
  const providers = new Map<string, ProviderPlan>();
  const callers = effective.keys.length + (effective.auth?.adminKey === undefined ? 0 : 1);
  for (const [name, provider] of Object.entries(effective.providers)) {
    yield;
    const at = inEntry(inField(scope, "providers"), name);
    const plan = compileProvider(provider, { name, catalog, callers }, at);
    if (plan !== undefined) providers.set(name, plan);
  }
  const names = createKnownNames(
    effective.models.map((model) => model.name),
    declared,
  );
  const models = yield* compileModels(effective.models, names, inField(scope, "models"));
  const { auth, keys } = yield* compileKeys(effective, names, scope);
  const server = compileServer(effective.server, auth.required, inField(scope, "server"));
  const shown = yield* joinConfig(redactParts(effective));
  return deepFreeze<Plan>({
    hash: yield* hashConfig(shown),
    server,
    auth,
    mediaFetch: compileMediaFetch(effective.mediaFetch),
    keys,
    providers,
    models,
    resolve: (name) => models.get(name) ?? resolveDirect(name, providers),
    config: shown,
  });
}

/** Each is frozen at once, so that the whole is not frozen in one step. */
function* redactParts(config: Config): Generator<Config, undefined> {
  for (const part of splitConfig(config)) yield deepFreeze(redactConfig(part));
}

function resolveDirect(
  name: string,
  providers: ReadonlyMap<string, ProviderPlan>,
): ModelPlan | undefined {
  const split = splitModelName(name);
  if (split === undefined || !providers.has(split.provider)) return undefined;
  const targets = [{ ...split, weight: 1 }];
  return { name, description: "", targets, fallbacks: [], losses: lenient, callerRouting: false };
}

/** Compiles how media are fetched; undefined where nothing is. */
function compileMediaFetch(media: MediaFetch | undefined): MediaFetchPlan | undefined {
  const { disabled, maxBytes, maxTotalBytes, timeout, allowPrivateAddresses, privateHosts } =
    mediaFetchDefaults(media);
  if (disabled) return undefined;
  return {
    maxBytes,
    maxTotalBytes,
    timeoutMs: durationToMilliseconds(timeout),
    allowPrivateAddresses,
    privateHosts: [...privateHosts],
  };
}
