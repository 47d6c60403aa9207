import type { BaseUrl } from "../config/provider-identity.ts";
import type { AwsKeeper } from "../config/references/secret-manager-settings.ts";
import type { JsonObject } from "../json/json.ts";
import type { RequestSigning } from "../upstream/credentials/request-signing.ts";
import { askService, type ServiceTools } from "./ask-service.ts";

/** A service of AWS in one region. Throws a ServiceError. */
export interface AwsService {
  /** `action` is the value of `x-amz-target`. */
  call(action: string, body: JsonObject): Promise<JsonObject>;
}

/** A service of Google Cloud. Throws a ServiceError. */
export interface GoogleService {
  call(method: "GET" | "POST", path: string, body?: JsonObject): Promise<JsonObject>;
}

/** A vault of Azure. Throws a ServiceError. */
export interface AzureService {
  /** `path` has no query. */
  call(method: "GET" | "POST", path: string, body?: JsonObject): Promise<JsonObject>;
}

/** What shows a service who asks. */
interface Signed {
  readonly tools: ServiceTools;
  readonly signing: RequestSigning;
}

/** Opens a service of AWS; nothing is sent before the first call. */
export function createAwsService(
  { tools, signing }: Signed,
  {
    service,
    region,
    endpoint,
  }: {
    readonly service: AwsKeeper;
    readonly region: string;
    readonly endpoint: BaseUrl | undefined;
  },
): AwsService {
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  const origin = endpoint?.origin ?? `https://${service}.${region}.${domain}`;
  const url = { origin, path: `${endpoint?.path ?? ""}/` };
  return {
    call: (action, body) =>
      askService(tools, {
        method: "POST",
        url,
        headers: ["content-type", "application/x-amz-json-1.1", "x-amz-target", action],
        body,
        signing,
      }),
  };
}

/** Opens a service of Google Cloud; nothing is sent before the first call. */
export function createGoogleService({ tools, signing }: Signed, endpoint: BaseUrl): GoogleService {
  return {
    call: (method, path, body) =>
      askService(tools, {
        method,
        url: { origin: endpoint.origin, path: `${endpoint.path}${path}` },
        ...(body === undefined ? {} : { body }),
        signing,
      }),
  };
}

/** https://learn.microsoft.com/en-us/rest/api/keyvault/ */
const azureVersion = "7.4";

/** Opens a vault of Azure; nothing is sent before the first call. */
export function createAzureService({ tools, signing }: Signed, origin: string): AzureService {
  return {
    call: (method, path, body) =>
      askService(tools, {
        method,
        url: { origin, path: `${path.replace(/\/$/, "")}?api-version=${azureVersion}` },
        ...(body === undefined ? {} : { body }),
        signing,
      }),
  };
}

/** What tokens for a vault of Azure are for, which differs from cloud to cloud. */
export function azureScope(origin: string): string {
  const { hostname } = new URL(origin);
  const known = /\.(vault\.[a-z.]+|managedhsm\.[a-z.]+)$/.exec(hostname)?.[1];
  return `https://${known ?? "vault.azure.net"}/.default`;
}
