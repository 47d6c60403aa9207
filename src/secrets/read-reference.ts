import type { FoundSecret } from "../config/references/found-secret.ts";
import type {
  ManagerSettings,
  SecretManager,
} from "../config/references/secret-manager-settings.ts";
import type { SecretReference } from "../config/references/secret-reference.ts";
import type { Managers } from "./managers.ts";
import { readAws, readAzure, readGoogle, readVault, type SecretDocument } from "./read-document.ts";
import { hintFor, ServiceError } from "./service-error.ts";

/** Which service keeps a secret. */
export function managerOf(reference: SecretReference): SecretManager {
  switch (reference.case) {
    case "vault":
      return "vault";
    case "awsSecret":
      return "aws";
    case "gcpSecret":
      return "google";
    case "azureSecret":
      return "azure";
  }
}

/**
 * Reads what a reference names, with all its fields, from the service that `settings` reach. Never
 * rejects but for a bug.
 */
export async function readReference(
  reference: SecretReference,
  settings: ManagerSettings,
  managers: Managers,
): Promise<SecretDocument | Extract<FoundSecret, { readonly problem: string }>> {
  try {
    return await documentOf(reference, settings, managers);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const { message, failure } = error;
    return { problem: message, hint: hintFor(failure, `secret_managers.${settings.kind}`) };
  }
}

async function documentOf(
  reference: SecretReference,
  settings: ManagerSettings,
  managers: Managers,
): Promise<SecretDocument> {
  if (reference.case === "vault" && settings.kind === "vault")
    return readVault(managers.vault(settings), reference.value);
  if (reference.case === "awsSecret" && settings.kind === "aws") {
    const { id, region } = reference.value;
    const ofArn = /^arn:[^:]+:secretsmanager:([a-z0-9-]+):/.exec(id)?.[1] ?? "";
    return readAws(managers.aws(settings, "secretsmanager", region || ofArn), reference.value);
  }
  if (reference.case === "gcpSecret" && settings.kind === "google") {
    const project = reference.value.project || settings.project;
    if (project === "")
      throw new ServiceError(
        "refused",
        "no project is known: write project, or set GOOGLE_CLOUD_PROJECT",
      );
    return readGoogle(managers.google(settings, "secretmanager"), reference.value, project);
  }
  if (reference.case === "azureSecret" && settings.kind === "azure") {
    const { origin } = new URL(reference.value.vaultUrl);
    return readAzure(managers.azure(settings, origin), reference.value);
  }
  throw new Error(`${reference.case} is not read from ${settings.kind}`);
}
