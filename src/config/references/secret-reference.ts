import type { Secret } from "../../../gen/parlance/config/v1/secret_pb.js";

type Source = Secret["source"];

/** A secret that a secret manager keeps. */
export type SecretReference = Extract<
  Source,
  { readonly case: "vault" | "awsSecret" | "gcpSecret" | "azureSecret" }
>;

/** The field of a reference, in the file's own spelling. */
export const referenceField = {
  vault: "vault",
  awsSecret: "aws_secret",
  gcpSecret: "gcp_secret",
  azureSecret: "azure_secret",
} as const satisfies Record<SecretReference["case"], string>;

/** Whether a secret manager keeps a secret. */
export function isReference(source: Source): source is SecretReference {
  return source.case !== undefined && Object.hasOwn(referenceField, source.case);
}

/** The same for references to the same secret, and for these alone. */
export function referenceKey(reference: SecretReference): string {
  return JSON.stringify([reference.value.field, documentKey(reference)]);
}

/** The same for references to fields of the same secret, and for these alone. */
export function documentKey(reference: SecretReference): string {
  return JSON.stringify([reference.case, ...partsOf(reference)]);
}

/** A reference in words for messages; it is no secret. */
export function printReference(reference: SecretReference): string {
  switch (reference.case) {
    case "vault": {
      const { mount, path, field } = reference.value;
      return `${mount || "secret"}/${path}#${field || "value"}`;
    }
    case "awsSecret":
      return withField(reference.value.id, reference.value.field);
    case "gcpSecret": {
      const { project, secret, version, field } = reference.value;
      const place = project === "" ? "" : `projects/${project}/`;
      return withField(`${place}secrets/${secret}/versions/${version || "latest"}`, field);
    }
    case "azureSecret": {
      const { vaultUrl, name, version, field } = reference.value;
      const base = `${vaultUrl.replace(/\/$/, "")}/secrets/${name}`;
      return withField(version === "" ? base : `${base}/${version}`, field);
    }
  }
}

function withField(name: string, field: string): string {
  return field === "" ? name : `${name}#${field}`;
}

/** What names a secret beside its field. */
function partsOf(reference: SecretReference): readonly (string | number)[] {
  switch (reference.case) {
    case "vault": {
      const { path, mount, engine, version } = reference.value;
      return [path, mount, engine, version];
    }
    case "awsSecret": {
      const { id, region } = reference.value;
      return [id, region];
    }
    case "gcpSecret": {
      const { project, secret, version } = reference.value;
      return [project, secret, version];
    }
    case "azureSecret": {
      const { vaultUrl, name, version } = reference.value;
      return [vaultUrl, name, version];
    }
  }
}
