import type { Config } from "../../../gen/parlance/config/v1/config_pb.js";
import { type Secret, SecretSchema } from "../../../gen/parlance/config/v1/secret_pb.js";
import type { Steps } from "../../core/steps.ts";
import { isReference, referenceKey, type SecretReference } from "../references/secret-reference.ts";
import { splitConfig } from "./config-parts.ts";

/** What a configuration names instead of holding it. */
export interface NamedSecrets {
  /** By their keys. */
  readonly references: ReadonlyMap<string, SecretReference>;
  /** Paths of files that hold a secret. */
  readonly files: ReadonlySet<string>;
}

/**
 * Finds all secrets of a configuration that are kept elsewhere. Walks every message, so that a
 * secret in a field of tomorrow is found too. A step for each part of the configuration.
 */
export function* namedSecrets(config: Config): Steps<NamedSecrets> {
  const references = new Map<string, SecretReference>();
  const files = new Set<string>();
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if (!isSecret(value)) {
      for (const member of Object.values(value)) walk(member);
      return;
    }
    const { source } = value;
    if (isReference(source)) references.set(referenceKey(source), source);
    else if (source.case === "file" && source.value !== "") files.add(source.value);
  };
  for (const { secretManagers: _, ...part } of splitConfig(config)) {
    yield;
    walk(part);
  }
  return { references, files };
}

function isSecret(value: object): value is Secret {
  return "$typeName" in value && value.$typeName === SecretSchema.typeName;
}
