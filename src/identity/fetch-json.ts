import { Agent, request } from "undici";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../core/faults/gateway-error.ts";

/** How documents of an issuer are fetched. */
export interface FetchOptions {
  /** Certificates in PEM that sign the server's. Absent: those that the system trusts. */
  readonly ca?: string | undefined;
  /** Sent as a bearer token. Absent: none is sent. */
  readonly token?: string | undefined;
}

/** No document of an issuer is longer, in bytes. */
const maxBytes = 1_048_576;

/** How long an issuer may take, in milliseconds. */
const timeoutMs = 10_000;

/**
 * Fetches a JSON document of an issuer. Redirects are not followed. Throws
 * IDENTITY_PROVIDER_UNAVAILABLE, without what the issuer sent.
 */
export async function fetchJson(url: string, { ca, token }: FetchOptions): Promise<unknown> {
  const agent = new Agent({
    connect: { timeout: timeoutMs, ...(ca === undefined ? {} : { ca }) },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: maxBytes,
  });
  try {
    const { statusCode, body } = await request(url, {
      dispatcher: agent,
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        accept: "application/json",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    });
    if (statusCode !== 200) throw unavailable(url, `answered with status ${statusCode}`);
    return await body.json();
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw unavailable(url, reasonOf(error));
  } finally {
    void agent.destroy();
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError) return "answered with what is no JSON";
  if (error instanceof Error && "code" in error) return `failed: ${String(error.code)}`;
  return "failed";
}

/** The issuer, or what is needed of it, cannot be had. */
export function unavailable(url: string, what: string): GatewayError {
  const host = URL.parse(url)?.host ?? "the issuer";
  return new GatewayError({
    reason: ErrorReason.IDENTITY_PROVIDER_UNAVAILABLE,
    message: `the token cannot be checked now: ${host} ${what}`,
  });
}
