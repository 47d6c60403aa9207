import type { AwsCredentials } from "./credential-sigv4.ts";
import { createExpiringValue, type ExpiringValue, type Loaded } from "./expiring-value.ts";

/**
 * Where credentials come from; every member is optional, and the standard chain finds absent ones.
 */
export interface AwsCredentialSettings {
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  /** A profile of the shared configuration files. */
  readonly profile?: string;
  /** A role that is assumed with whatever the other members give. */
  readonly roleArn?: string;
  /** Where the role is assumed; the provider's own region. */
  readonly region?: string;
}

/**
 * What the credential library gives: its own names, and an end where the credentials are temporary.
 */
interface Identity extends AwsCredentials {
  readonly expiration?: Date;
}

type IdentityProvider = (options?: { readonly forceRefresh?: boolean }) => Promise<Identity>;

/**
 * Static credentials as they are; else those of AWS's standard chain: environment, shared files and
 * profiles, SSO, web identity (IRSA), container, instance metadata. A role is assumed with either.
 * The libraries are loaded with the first call, and temporary credentials are renewed ahead of
 * their end. `get` rejects with the library's own error where nothing is found.
 */
export function createAwsCredentials(
  settings: AwsCredentialSettings,
  now: () => number,
): ExpiringValue<AwsCredentials> {
  const fixed = staticCredentials(settings);
  if (fixed !== undefined && settings.roleArn === undefined) {
    return { get: () => Promise.resolve(fixed), forget: nothing };
  }
  let loading: Promise<IdentityProvider> | undefined;
  let forceRefresh = false;
  const load = async (): Promise<Loaded<AwsCredentials>> => {
    loading ??= createProvider(settings, fixed);
    const provide = await loading;
    const identity = await provide({ forceRefresh });
    forceRefresh = false;
    return { value: toCredentials(identity), expiresAtMs: identity.expiration?.getTime() };
  };
  const value = createExpiringValue(load, { now });
  return {
    get: value.get,
    forget(refused) {
      forceRefresh = true;
      value.forget(refused);
    },
  };
}

async function createProvider(
  settings: AwsCredentialSettings,
  fixed: AwsCredentials | undefined,
): Promise<IdentityProvider> {
  const library = await import("@aws-sdk/credential-providers");
  const { profile, roleArn, region } = settings;
  const clientConfig = region === undefined ? {} : { clientConfig: { region } };
  const base =
    fixed ??
    library.fromNodeProviderChain({
      ...(profile === undefined ? {} : { profile }),
      ...clientConfig,
    });
  if (roleArn !== undefined) {
    const params = { RoleArn: roleArn, RoleSessionName: "parlance" };
    const assume = library.fromTemporaryCredentials({
      params,
      masterCredentials: base,
      ...clientConfig,
    });
    return () => assume();
  }
  return typeof base === "function" ? base : () => Promise.resolve(base);
}

function staticCredentials(settings: AwsCredentialSettings): AwsCredentials | undefined {
  const { accessKeyId, secretAccessKey, sessionToken } = settings;
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

function toCredentials({ accessKeyId, secretAccessKey, sessionToken }: Identity): AwsCredentials {
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

/** Static credentials cannot be renewed. */
function nothing(): undefined {
  return undefined;
}
