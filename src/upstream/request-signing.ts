import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../core/gateway-error.ts";
import { type AwsSigner, createSigV4Signer, type SignableRequest } from "./credential-sigv4.ts";
import { type AwsCredentialSettings, createAwsCredentials } from "./credential-sigv4-chain.ts";

/** Signs requests with credentials that may end. */
export interface RequestSigning {
  /**
   * The headers that sign a request, flat: name, value, name, value; lower case. Throws a GatewayError of reason
   * CREDENTIAL_MISSING where no credentials are found.
   */
  sign(request: SignableRequest): Promise<readonly string[]>;
  /** The vendor refused the last signature. True where the next one is made with credentials fetched anew. */
  renew(): boolean;
}

/** Whose requests are signed, for what, and with what. */
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
  const lasting = accessKeyId !== undefined && secretAccessKey !== undefined && roleArn === undefined;
  const signer: AwsSigner = createSigV4Signer({ region, service }, () => new Date(nowMs()));
  const credentials = createAwsCredentials({ ...options.credentials, region }, nowMs);
  return {
    async sign(request) {
      const found = await credentials.get().catch((error: unknown) => Promise.reject(missing(provider, error)));
      return signer(request, found);
    },
    renew() {
      if (!lasting) credentials.forget();
      return !lasting;
    },
  };
}

/** The library's own words are kept as the cause only: they may name files of the host. */
function missing(provider: string, cause: unknown): GatewayError {
  const message =
    `provider ${provider}: no AWS credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, ` +
    "or give the provider aws: { access_key_id, secret_access_key } or { profile }, or an api_key";
  return new GatewayError({ reason: ErrorReason.CREDENTIAL_MISSING, message, provider }, { cause });
}
