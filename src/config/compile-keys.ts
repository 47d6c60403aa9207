import type { Config } from "../../gen/parlance/config/v1/config_pb.js";
import type { Steps } from "../core/steps.ts";
import { checkModelReference } from "./compile-models.ts";
import { type ConfigScope, inElement, inField, problem } from "./config-scope.ts";
import { deepFreeze } from "./deep-freeze.ts";
import type { KnownNames } from "./known-names.ts";
import type { AuthPlan, KeyPlan } from "./plan.ts";
import { resolveSecret } from "./resolve-secret.ts";

/** Compiles the admin key and the callers' keys. Two keys never share a name or a value. */
export function* compileKeys(
  config: Config,
  known: KnownNames,
  scope: ConfigScope,
): Steps<{ readonly auth: AuthPlan; readonly keys: readonly KeyPlan[] }> {
  const admin = config.auth?.adminKey;
  const adminKey = resolveSecret(admin, inField(inField(scope, "auth"), "admin_key"));
  const auth: AuthPlan = {
    required: admin !== undefined || config.keys.length > 0,
    ...(adminKey === undefined ? {} : { adminKey }),
  };
  const owners = new Map<string, string>(
    adminKey === undefined ? [] : [[adminKey.reveal(), "auth.admin_key"]],
  );
  const names = new Set<string>();
  const keys: KeyPlan[] = [];
  for (const [index, key] of config.keys.entries()) {
    yield;
    const at = inElement(inField(scope, "keys"), index);
    checkKeyName(key.name, names, inField(at, "name"));
    for (const [position, model] of key.models.entries()) {
      checkKeyModel(model, known, inElement(inField(at, "models"), position));
    }
    const value = resolveSecret(key.value, inField(at, "value"));
    if (value === undefined) continue;
    checkKeyValue(value.reveal(), owners, at);
    const models = key.models.length === 0 ? allModels : new Set(key.models);
    keys.push(deepFreeze({ name: key.name, value, models, strict: key.strict ?? false }));
  }
  return { auth, keys };
}

/** Of all keys without a list: most have none, and to freeze a set takes time. */
const allModels: ReadonlySet<string> = deepFreeze(new Set<string>());

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
  if (model.includes("*") && !known.aliases.has(model)) {
    problem(scope, {
      message: "patterns are not supported here",
      hint: "name each model; leave models out to allow all",
      ruleId: "model_pattern",
    });
  } else if (model !== "") checkModelReference(model, known, scope);
}
