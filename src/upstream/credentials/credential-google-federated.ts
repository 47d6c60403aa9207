import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { isObject, parseJson } from "../../json/json.ts";
import type { Loaded } from "./expiring-value.ts";
import { missing, type TokenClient } from "./token-request.ts";

/**
 * A token request that has not ended by then has failed, in milliseconds: several exchanges may be
 * behind one.
 */
const timeoutMs = 30_000;

/**
 * Fetches a token with credentials that stand for another identity: workload identity federation
 * (external account), or a service account that is impersonated. Google's library is loaded with
 * the first call. Each call makes a client of its own, for the library would give a token again
 * that was refused. Rejects with a GatewayError that names the provider and repeats nothing of what
 * the library says: its errors hold the exchange.
 */
export async function fetchFederatedToken(
  json: string,
  scope: string,
  { provider }: TokenClient,
): Promise<Loaded<string>> {
  const { GoogleAuth } = await import("google-auth-library");
  const parsed = parseJson(json);
  if (!parsed.ok || !isObject(parsed.value))
    throw new Error("the credentials are not the JSON that was checked");
  const clientOptions = { transporterOptions: { timeout: timeoutMs } };
  try {
    const auth = new GoogleAuth({
      credentials: { ...parsed.value },
      scopes: [scope],
      clientOptions,
    });
    const client = await auth.getClient();
    const { token } = await client.getAccessToken();
    if (typeof token !== "string" || token === "")
      throw missing(provider, "the exchange gave none");
    return { value: token, expiresAtMs: client.credentials.expiry_date ?? undefined };
  } catch (error) {
    throw error instanceof GatewayError ? error : failed(provider, statusOf(error));
  }
}

function failed(provider: string, status: number | undefined): GatewayError {
  if (status === undefined)
    return missing(provider, "the exchange of the Google credentials failed");
  if (status !== 400 && status !== 401 && status !== 403) {
    return missing(provider, `the exchange of the Google credentials was answered ${status}`);
  }
  const message = `provider ${provider}: its credentials were refused: the exchange of the Google credentials was answered ${status}`;
  return new GatewayError({ reason: ErrorReason.UPSTREAM_UNAUTHENTICATED, message, provider });
}

function statusOf(error: unknown): number | undefined {
  return error instanceof Error && "status" in error && typeof error.status === "number"
    ? error.status
    : undefined;
}
