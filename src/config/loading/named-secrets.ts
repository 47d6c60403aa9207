import { isMessage } from "@bufbuild/protobuf";
import type { Config } from "../../../gen/parlance/config/v1/config_pb.js";
import { TokenIssuerSchema } from "../../../gen/parlance/config/v1/identity_pb.js";
import { type Secret, SecretSchema } from "../../../gen/parlance/config/v1/secret_pb.js";
import { TlsSchema } from "../../../gen/parlance/config/v1/server_pb.js";
import { ClientTlsSchema } from "../../../gen/parlance/config/v1/tls_pb.js";
import type { Steps } from "../../core/steps.ts";
import { isReference, referenceKey, type SecretReference } from "../references/secret-reference.ts";
import { splitConfig } from "./config-parts.ts";

/** What a configuration names instead of holding it. */
export interface NamedSecrets {
  /** By their keys. */
  readonly references: ReadonlyMap<string, SecretReference>;
  /** Paths of files that hold a secret or certificates. */
  readonly files: ReadonlySet<string>;
}

/**
 * Finds all secrets of a configuration that are kept elsewhere, and the files of its certificates.
 * Walks every message, so that a secret in a field of tomorrow is found too. A step for each part
 * of the configuration.
 */
export function* namedSecrets(config: Config): Steps<NamedSecrets> {
  const references = new Map<string, SecretReference>();
  const files = new Set<string>();
  const add = ({ source }: Secret): void => {
    if (isReference(source)) references.set(referenceKey(source), source);
    else if (source.case === "file" && source.value !== "") files.add(source.value);
  };
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if (isMessage(value, SecretSchema)) {
      add(value);
      return;
    }
    for (const file of certificateFilesOf(value)) files.add(file);
    for (const member of Object.values(value)) walk(member);
  };
  for (const { secretManagers: _, ...part } of splitConfig(config)) {
    yield;
    walk(part);
  }
  return { references, files };
}

/** Files of certificates, and of a key beside them, that a reload reads. */
function certificateFilesOf(message: object): readonly string[] {
  if (isMessage(message, TlsSchema))
    return namesIn(message.certFile, message.keyFile, message.clientCaFile);
  if (isMessage(message, ClientTlsSchema)) return namesIn(message.certFile, message.caFile);
  return isMessage(message, TokenIssuerSchema) ? namesIn(message.caFile) : none;
}

const none: readonly string[] = [];

function namesIn(...files: readonly string[]): readonly string[] {
  return files.filter((file) => file !== "");
}
