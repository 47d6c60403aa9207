import type { Key } from "../../../gen/parlance/config/v1/key_pb.js";
import { createNameSet, isWildcard, parsePattern } from "../../core/names/name-pattern.ts";
import type { Steps } from "../../core/steps.ts";
import { type ConfigScope, inElement, inField, problem } from "../config-scope.ts";
import { deepFreeze } from "../deep-freeze.ts";
import type { FilledConfig } from "../defaults.ts";
import type { KnownNames } from "../known-names.ts";
import { resolveSecret } from "../resolve-secret.ts";
import type { Auth, CallerKey } from "../settings.ts";
import { createAddressList, isNetwork } from "./address-list.ts";
import { checkKeyRoutes } from "./checks/check-key-routes.ts";
import { labelsOf } from "./checks/check-labels.ts";
import { checkModelReference } from "./compile-models.ts";

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
  const store = config.store?.kind.case;
  const auth: Auth = {
    // The first start with a database makes an admin key.
    required:
      store === "sqlite" ||
      store === "postgres" ||
      admin !== undefined ||
      config.keys.length > 0 ||
      (config.identity?.issuers.length ?? 0) > 0,
    ...(adminKey === undefined ? {} : { adminKey }),
  };
  const owners = new Map<string, string>(
    adminKey === undefined ? [] : [[adminKey.reveal(), "auth.admin_key"]],
  );
  const earlier = new Set<string>();
  const clients = new Map<string, string>();
  const keys: CallerKey[] = [];
  const labels = labelsOf(shown.models);
  for (const [index, settings] of shown.keys.entries()) {
    yield;
    const at = inElement(inField(scope, "keys"), index);
    checkKeyName(settings.name, earlier, inField(at, "name"));
    for (const [position, model] of settings.models.entries()) {
      checkKeyModel(model, names, inElement(inField(at, "models"), position));
    }
    checkKeyRoutes(settings, names, labels, at);
    checkAllowedIps(settings, inField(at, "allowed_ips"));
    checkClientNames(settings, clients, shown.server.tls?.clientCaFile ?? "", at);
    const secret = config.keys[index]?.value;
    const value = resolveSecret(secret, inField(at, "value"));
    if (value !== undefined) checkKeyValue(value.reveal(), owners, at);
    else if (secret !== undefined || settings.clientNames.length === 0) continue;
    keys.push(
      deepFreeze({ settings, ...(value !== undefined && { value }), ...addressesOf(settings) }),
    );
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

/** Where a range is wrong the settings are not used. */
function addressesOf({ allowedIps }: Key): Pick<CallerKey, "addresses"> | undefined {
  if (allowedIps.length === 0 || !allowedIps.every(isNetwork)) return undefined;
  return { addresses: createAddressList(allowedIps) };
}

function checkAllowedIps({ allowedIps }: Key, scope: ConfigScope): void {
  for (const [index, network] of allowedIps.entries()) {
    if (isNetwork(network)) continue;
    problem(inElement(scope, index), {
      message: "is neither an address nor a network",
      hint: "write an address such as 10.0.0.7 or a network such as 10.0.0.0/8",
      ruleId: "network",
    });
  }
}

/** A key needs a value or clients that are known by their certificates, each by one key. */
function checkClientNames(
  { value, clientNames }: Key,
  owners: Map<string, string>,
  clientCaFile: string,
  scope: ConfigScope,
): void {
  if (value === undefined && clientNames.length === 0) {
    problem(inField(scope, "value"), {
      message: "value is required",
      hint: "write { env: NAME }, { file: path } or { value: text }, or list client_names",
      ruleId: "required",
    });
  }
  const at = inField(scope, "client_names");
  if (clientNames.length > 0 && clientCaFile === "") {
    problem(at, {
      message: "clients are asked for no certificate",
      hint: "set server.tls.client_ca_file to the certificates that sign those of clients",
      ruleId: "client_names",
    });
  }
  for (const [index, name] of clientNames.entries()) {
    const owner = owners.get(name);
    owners.set(name, scope.path);
    if (owner === undefined) continue;
    problem(inElement(at, index), {
      message: `is a client of ${owner} too`,
      hint: "a client calls as one key",
      ruleId: "duplicate_client_name",
    });
  }
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
