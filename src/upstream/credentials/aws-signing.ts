import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { type AwsCredentials, type AwsSigner, createSigV4Signer } from "./credential-sigv4.ts";
import { type AwsCredentialSettings, createAwsCredentials } from "./credential-sigv4-chain.ts";
import type { RequestSigning } from "./request-signing.ts";
import { type SecretForms, secretForms } from "./secret-forms.ts";

/** The provider, the service and the credentials of signed requests. */
export interface AwsSigningOptions {
  readonly provider: string;
  readonly region: string;
  readonly service: string;
  readonly credentials: Omit<AwsCredentialSettings, "region">;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

/** Signs for AWS. Nothing is loaded or looked for before the first request. */
export function createAwsSigning(options: AwsSigningOptions): RequestSigning {
  const { provider, region, service, nowMs } = options;
  const { accessKeyId, secretAccessKey, roleArn } = options.credentials;
  const lasting =
    accessKeyId !== undefined && secretAccessKey !== undefined && roleArn === undefined;
  const signer: AwsSigner = createSigV4Signer({ region, service }, () => new Date(nowMs()));
  const credentials = createAwsCredentials({ ...options.credentials, region }, nowMs);
  const secrets = new WeakMap<AwsCredentials, readonly SecretForms[]>();
  const secretsOf = (found: AwsCredentials): readonly SecretForms[] => {
    const known = secrets.get(found);
    if (known !== undefined) return known;
    const fresh = formsOf([found.accessKeyId, found.secretAccessKey, found.sessionToken ?? ""]);
    secrets.set(found, fresh);
    return fresh;
  };
  return {
    ownHeaders,
    async sign(request) {
      const found = await credentials
        .get()
        .catch((error: unknown) => Promise.reject(missing(provider, error)));
      const headers = await signer(request, found);
      const renew = () => {
        if (!lasting) credentials.forget(found);
        return !lasting;
      };
      return { headers, secrets: [...secretsOf(found), ...formsOf([signatureIn(headers)])], renew };
    },
  };
}

function formsOf(texts: readonly string[]): readonly SecretForms[] {
  return texts.flatMap((text) => secretForms(text) ?? []);
}

function signatureIn(headers: readonly string[]): string {
  const value = headers[headers.indexOf("authorization") + 1] ?? "";
  return /Signature=([0-9a-f]+)/.exec(value)?.[1] ?? "";
}

const ownHeaders: ReadonlySet<string> = new Set([
  "authorization",
  "x-amz-date",
  "x-amz-security-token",
]);

/** The library's own words are kept as the cause only: they may name files of the host. */
function missing(provider: string, cause: unknown): GatewayError {
  const message =
    `provider ${provider}: no AWS credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, ` +
    "or give the provider aws: { access_key_id, secret_access_key } or { profile }, or an api_key";
  return new GatewayError({ reason: ErrorReason.CREDENTIAL_MISSING, message, provider }, { cause });
}
