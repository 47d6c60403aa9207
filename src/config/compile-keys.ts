import type { Config } from "../../gen/parlance/config/v1/config_pb.js";
import type { Steps } from "../core/steps.ts";
import { checkModelReference } from "./compile-models.ts";
import { deepFreeze } from "./deep-freeze.ts";
import { elementPath, fieldPath } from "./document/field-path.ts";
import type { Report } from "./finding.ts";
import type { KnownNames } from "./known-names.ts";
import type { AuthPlan, KeyPlan } from "./plan.ts";
import { resolveSecret, type SecretSources } from "./resolve-secret.ts";

/** Compiles the admin key and the callers' keys. Two keys never share a name or a value. */
export function* compileKeys(
  config: Config,
  known: KnownNames,
  sources: SecretSources,
  report: Report,
): Steps<{ readonly auth: AuthPlan; readonly keys: readonly KeyPlan[] }> {
  const admin = config.auth?.adminKey;
  const adminKey =
    admin === undefined ? undefined : resolveSecret(admin, "auth.admin_key", sources, report);
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
    const path = elementPath("keys", index);
    checkKeyName(key.name, path, names, report);
    for (const [position, model] of key.models.entries()) {
      checkKeyModel(model, elementPath(fieldPath(path, "models"), position), known, report);
    }
    const at = fieldPath(path, "value");
    const value =
      key.value === undefined ? undefined : resolveSecret(key.value, at, sources, report);
    if (value === undefined) continue;
    checkKeyValue(value.reveal(), path, owners, report);
    const models = key.models.length === 0 ? allModels : new Set(key.models);
    keys.push(deepFreeze({ name: key.name, value, models, strict: key.strict ?? false }));
  }
  return { auth, keys };
}

/** Of all keys without a list: most have none, and to freeze a set takes time. */
const allModels: ReadonlySet<string> = deepFreeze(new Set<string>());

function checkKeyName(name: string, path: string, names: Set<string>, report: Report): void {
  if (name !== "" && names.has(name)) {
    const message = "another key has this name";
    report({ path: fieldPath(path, "name"), message, hint: "", ruleId: "duplicate_key_name" });
  }
  names.add(name);
}

function checkKeyValue(
  value: string,
  path: string,
  owners: Map<string, string>,
  report: Report,
): void {
  const owner = owners.get(value);
  if (owner !== undefined) {
    const hint = "every key needs a value of its own";
    const message = `is the same key as ${owner}`;
    report({ path: fieldPath(path, "value"), message, hint, ruleId: "duplicate_key_value" });
  }
  owners.set(value, path);
}

function checkKeyModel(model: string, path: string, known: KnownNames, report: Report): void {
  if (model.includes("*") && !known.aliases.has(model)) {
    const hint = "name each model; leave models out to allow all";
    report({ path, message: "patterns are not supported here", hint, ruleId: "model_pattern" });
  } else if (model !== "") checkModelReference(model, path, known, report);
}
