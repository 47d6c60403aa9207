import type { Config } from "../../gen/parlance/config/v1/config_pb.js";
import { checkModelReference } from "./compile-models.ts";
import { elementPath, fieldPath } from "./field-path.ts";
import type { Report } from "./finding.ts";
import type { KnownNames } from "./known-names.ts";
import type { AuthPlan, KeyPlan } from "./plan.ts";
import { resolveSecret, type SecretSources } from "./resolve-secret.ts";

/** Compiles the admin key and the callers' keys. Two keys never share a name or a value. */
export function compileKeys(
  config: Config,
  known: KnownNames,
  sources: SecretSources,
  report: Report,
): { readonly auth: AuthPlan; readonly keys: readonly KeyPlan[] } {
  const admin = config.auth?.adminKey;
  const adminKey = admin === undefined ? undefined : resolveSecret(admin, "auth.admin_key", sources, report);
  const auth: AuthPlan = {
    required: admin !== undefined || config.keys.length > 0,
    ...(adminKey === undefined ? {} : { adminKey }),
  };
  const owners = new Map<string, string>(adminKey === undefined ? [] : [[adminKey.reveal(), "auth.admin_key"]]);
  const names = new Set<string>();
  const keys = config.keys.flatMap((key, index): KeyPlan[] => {
    const path = elementPath("keys", index);
    if (key.name !== "" && names.has(key.name)) {
      report({
        path: fieldPath(path, "name"),
        message: "another key has this name",
        hint: "",
        ruleId: "duplicate_key_name",
      });
    }
    names.add(key.name);
    for (const [position, model] of key.models.entries()) {
      const at = elementPath(fieldPath(path, "models"), position);
      checkKeyModel(model, at, known, report);
    }
    const at = fieldPath(path, "value");
    const value = key.value === undefined ? undefined : resolveSecret(key.value, at, sources, report);
    if (value === undefined) return [];
    const owner = owners.get(value.reveal());
    if (owner !== undefined) {
      report({
        path: at,
        message: `is the same key as ${owner}`,
        hint: "every key needs a value of its own",
        ruleId: "duplicate_key_value",
      });
    }
    owners.set(value.reveal(), path);
    return [{ name: key.name, value, models: new Set(key.models), strict: key.strict ?? false }];
  });
  return { auth, keys };
}

function checkKeyModel(model: string, path: string, known: KnownNames, report: Report): void {
  if (model.includes("*") && !known.aliases.has(model)) {
    const hint = "name each model; leave models out to allow all";
    report({ path, message: "patterns are not supported here", hint, ruleId: "model_pattern" });
  } else if (model !== "") checkModelReference(model, path, known, report);
}
