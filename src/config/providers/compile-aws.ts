import type { AwsOptions } from "../../../gen/parlance/config/v1/aws_options_pb.js";
import type { Provider } from "../../../gen/parlance/config/v1/provider_pb.js";
import type { Secret } from "../../../gen/parlance/config/v1/secret_pb.js";
import { type CatalogRow, signedService } from "../../adapters/catalog/catalog-row.ts";
import type { SecretSources } from "../config-scope.ts";
import { type ConfigScope, inField, problem } from "../config-scope.ts";
import type { AwsIdentity } from "../provider-identity.ts";
import { resolveSecret, trimmedEnv } from "../resolve-secret.ts";
import { createSecretValue, type SecretValue } from "../secret-value.ts";
import { ownCredential } from "./own-credential.ts";

/**
 * Compiles how a provider's requests are signed. Undefined where they are not (an API key is used),
 * or after a report.
 */
export function compileAws(
  provider: Provider,
  row: CatalogRow,
  ofProvider: ConfigScope,
): AwsIdentity | undefined {
  const scope = inField(ofProvider, "aws");
  const { aws } = provider;
  const service = signedService(row);
  if (aws === undefined) return undefined;
  if (service === undefined) {
    const message = "is only for vendors on AWS";
    problem(scope, { message, hint: "leave it out", ruleId: "aws_options" });
    return undefined;
  }
  const own = ownCredential(provider);
  const isRegionOptional = own !== undefined && provider.baseUrl !== "";
  return compileAwsIdentity(aws, { service, own, isRegionOptional }, scope);
}

/** What is signed for AWS, and what else there is to show. */
export interface AwsUse {
  readonly service: string;
  /** What is shown in the place of a signature. Undefined: nothing. */
  readonly own: ReturnType<typeof ownCredential>;
  readonly isRegionOptional: boolean;
}

/**
 * Compiles how requests are signed for a service. Undefined where they are not, or after a report.
 * `scope` is that of `aws`.
 */
export function compileAwsIdentity(
  aws: AwsOptions,
  { service, own, isRegionOptional }: AwsUse,
  scope: ConfigScope,
): AwsIdentity | undefined {
  checkRegion(aws.region, isRegionOptional, inField(scope, "region"));
  checkPairs(aws, own, scope);
  if (own !== undefined) return undefined;
  // What the file says goes before the environment, where a profile goes before an access key.
  const profile =
    aws.profile !== "" || aws.accessKeyId !== undefined
      ? aws.profile
      : trimmedEnv(scope.sources.env, "AWS_PROFILE");
  return {
    service,
    ...(aws.accessKeyId === undefined && profile === ""
      ? environmentKey(scope.sources.env)
      : configuredKey(aws, scope)),
    ...(profile === "" ? {} : { profile }),
  };
}

/**
 * The region becomes a part of a host's name, so that one of the environment is held to the rule of
 * the file.
 */
function checkRegion(region: string, optional: boolean, scope: ConfigScope): void {
  if (region === "" && !optional) {
    const hint = "write aws: { region: us-east-1 }, or set AWS_REGION";
    problem(scope, {
      message: "is missing: the vendor is called in a region",
      hint,
      ruleId: "region_missing",
    });
  } else if (!/^[a-z0-9-]{0,32}$/.test(region)) {
    problem(scope, {
      message: "is not the code of a region",
      hint: "such as us-east-1",
      ruleId: "region",
    });
  }
}

function checkPairs(
  aws: AwsOptions,
  own: ReturnType<typeof ownCredential>,
  scope: ConfigScope,
): void {
  const rule = (holds: boolean, field: string, message: string, hint: string) => {
    if (!holds) problem(inField(scope, field), { message, hint, ruleId: "aws_credentials" });
  };
  const key = aws.accessKeyId !== undefined;
  const secret = aws.secretAccessKey !== undefined;
  rule(
    key || !secret,
    "access_key_id",
    "is missing beside secret_access_key",
    "write both, or neither",
  );
  rule(
    secret || !key,
    "secret_access_key",
    "is missing beside access_key_id",
    "write both, or neither",
  );
  rule(
    key || aws.sessionToken === undefined,
    "session_token",
    "belongs to an access key",
    "write access_key_id too",
  );
  rule(
    !key || aws.profile === "",
    "profile",
    "stands beside an access key",
    "leave one of them out",
  );
  rule(own === undefined || !key, "access_key_id", `stands beside ${own}`, "leave one of them out");
  rule(
    own === undefined || aws.profile === "",
    "profile",
    `stands beside ${own}`,
    "leave one of them out",
  );
  rule(
    own === undefined || aws.roleArn === "",
    "role_arn",
    `stands beside ${own}`,
    "leave one of them out",
  );
}

type AccessKey = Pick<AwsIdentity, "accessKeyId" | "secretAccessKey" | "sessionToken">;

function configuredKey(aws: AwsOptions, scope: ConfigScope): AccessKey {
  const resolve = (secret: Secret | undefined, field: string): SecretValue | undefined =>
    resolveSecret(secret, inField(scope, field));
  return accessKey(
    resolve(aws.accessKeyId, "access_key_id"),
    resolve(aws.secretAccessKey, "secret_access_key"),
    resolve(aws.sessionToken, "session_token"),
  );
}

/** The access key of the gateway's own environment. */
function environmentKey(env: SecretSources["env"]): AccessKey {
  const secret = (name: string): SecretValue | undefined => {
    const text = trimmedEnv(env, name);
    return text === "" ? undefined : createSecretValue(text);
  };
  return accessKey(
    secret("AWS_ACCESS_KEY_ID"),
    secret("AWS_SECRET_ACCESS_KEY"),
    secret("AWS_SESSION_TOKEN"),
  );
}

function accessKey(
  accessKeyId: SecretValue | undefined,
  secretAccessKey: SecretValue | undefined,
  sessionToken: SecretValue | undefined,
): AccessKey {
  if (accessKeyId === undefined || secretAccessKey === undefined) return {};
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}
