import { createNameSet, isWildcard, parsePattern } from "../core/name-pattern.ts";
import type { Steps } from "../core/steps.ts";
import { checkModelReference } from "./compile-models.ts";
import { type ConfigScope, inElement, inField, problem } from "./config-scope.ts";
import { deepFreeze } from "./deep-freeze.ts";
import type { FilledConfig } from "./defaults.ts";
import type { KnownNames } from "./known-names.ts";
import { resolveSecret } from "./resolve-secret.ts";
import type { Auth, CallerKey } from "./settings.ts";

/** What keys are compiled from. */
export interface KeySources {
  readonly config: FilledConfig;
  /** The same without secrets. */
  readonly shown: FilledConfig;
  readonly names: KnownNames;
}

/** Compiles the admin key and the callers' keys. Two keys never share a name or a value. */
export function* compileKeys(
  { config, shown, names }: KeySources,
  scope: ConfigScope,
): Steps<{ readonly auth: Auth; readonly keys: readonly CallerKey[] }> {
  const admin = config.auth?.adminKey;
  const adminKey = resolveSecret(admin, inField(inField(scope, "auth"), "admin_key"));
  const auth: Auth = {
    required: admin !== undefined || config.keys.length > 0,
    ...(adminKey === undefined ? {} : { adminKey }),
  };
  const owners = new Map<string, string>(
    adminKey === undefined ? [] : [[adminKey.reveal(), "auth.admin_key"]],
  );
  const earlier = new Set<string>();
  const keys: CallerKey[] = [];
  for (const [index, settings] of shown.keys.entries()) {
    yield;
    const at = inElement(inField(scope, "keys"), index);
    checkKeyName(settings.name, earlier, inField(at, "name"));
    for (const [position, model] of settings.models.entries()) {
      checkKeyModel(model, names, inElement(inField(at, "models"), position));
    }
    const value = resolveSecret(config.keys[index]?.value, inField(at, "value"));
    if (value === undefined) continue;
    checkKeyValue(value.reveal(), owners, at);
    keys.push(deepFreeze({ settings, value }));
  }
  return { auth, keys };
}

/**
 * Whether models may fit a key's pattern: names of the file, or any where a name of the file is a
 * pattern too.
 */
function mayFit(model: string, { aliases }: KnownNames): boolean {
  const allowed = createNameSet([model]);
  for (const alias of aliases) if (isWildcard(alias) || allowed.has(alias)) return true;
  return model === "*";
}

function checkKeyName(name: string, names: Set<string>, scope: ConfigScope): void {
  if (name !== "" && names.has(name))
    problem(scope, { message: "another key has this name", ruleId: "duplicate_key_name" });
  names.add(name);
}

function checkKeyValue(value: string, owners: Map<string, string>, scope: ConfigScope): void {
  const owner = owners.get(value);
  if (owner !== undefined) {
    problem(inField(scope, "value"), {
      message: `is the same key as ${owner}`,
      hint: "every key needs a value of its own",
      ruleId: "duplicate_key_value",
    });
  }
  owners.set(value, scope.path);
}

function checkKeyModel(model: string, known: KnownNames, scope: ConfigScope): void {
  if (!isWildcard(model)) {
    if (model !== "") checkModelReference(model, known, scope);
  } else if (parsePattern(model) === undefined) {
    problem(scope, {
      message: "has more than one `*`",
      hint: "one `*` stands for any text; leave models out to allow all",
      ruleId: "model_pattern",
    });
  } else if (!mayFit(model, known)) checkModelReference(model, known, scope);
}
