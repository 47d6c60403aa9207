import { signatureOf } from "../vendors/aws-signature.ts";
import { type Answered, type Asked, type Service, startService } from "./vault-server.ts";

const region = "eu-west-1";
/** The access key that the service of AWS takes. */
export const awsKey = { id: "AKIAEXAMPLE", secret: "aws-secret-access-key" };

/** Starts a service of AWS, which checks signatures; `answer` gets what they hold for. */
export function startAws(
  service: "secretsmanager" | "kms",
  answer: (action: string, asked: Asked) => Answered,
): Promise<Service> {
  return startService((asked) => {
    const rawBody = Buffer.from(asked.text);
    const expected = signatureOf(
      { ...asked, rawBody },
      { service, region },
      awsKey.id,
      awsKey.secret,
    );
    if (asked.headers.authorization !== expected)
      return [400, { __type: "com.amazon.coral.service#InvalidSignatureException" }];
    return answer(String(asked.headers["x-amz-target"]), asked);
  });
}

/** Starts Google's metadata server and services; tokens are `google-token`. */
export function startGoogle(answer: (asked: Asked) => Answered): Promise<Service> {
  return startService((asked) => {
    if (asked.path.startsWith("/computeMetadata/v1/"))
      return [200, { access_token: "google-token", expires_in: 3600, token_type: "Bearer" }];
    if (asked.headers.authorization !== "Bearer google-token")
      return [401, { error: { status: "UNAUTHENTICATED" } }];
    return answer(asked);
  });
}

/** Starts Entra ID and a vault of Azure; tokens are `entra-token` and hold for one scope. */
export function startAzure(answer: (asked: Asked) => Answered): Promise<Service> {
  return startService((asked) => {
    if (asked.path === "/tenant/oauth2/v2.0/token") {
      const form = new URLSearchParams(asked.text);
      const isKnown =
        form.get("client_secret") === "entra-secret" &&
        form.get("scope") === "https://vault.azure.net/.default";
      return isKnown
        ? [200, { access_token: "entra-token", expires_in: 3600, token_type: "Bearer" }]
        : [401, { error: "invalid_client" }];
    }
    if (asked.headers.authorization !== "Bearer entra-token")
      return [401, { error: { code: "Unauthorized" } }];
    return answer(asked);
  });
}

/** What the environment of a gateway says of the clouds. */
export function cloudEnv(origins: {
  readonly aws?: string;
  readonly google?: string;
  readonly azure?: string;
}): Record<string, string> {
  const { aws = "", google = "", azure = "" } = origins;
  return {
    AWS_ACCESS_KEY_ID: awsKey.id,
    AWS_SECRET_ACCESS_KEY: awsKey.secret,
    AWS_REGION: region,
    AWS_ENDPOINT_URL: aws,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER: google,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS: google,
    GCE_METADATA_HOST: google.replace("http://", ""),
    AZURE_TENANT_ID: "tenant",
    AZURE_CLIENT_ID: "app",
    AZURE_CLIENT_SECRET: "entra-secret",
    AZURE_AUTHORITY_HOST: azure,
  };
}
