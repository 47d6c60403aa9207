import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { isObject, type JsonObject, parseJson, stringAt } from "../../json/json.ts";
import type { UpstreamTimeouts } from "../call-clock.ts";
import type { UpstreamRequest, UpstreamSend } from "../client.ts";
import { UpstreamError, type UpstreamErrorOptions } from "../upstream-error.ts";
import type { Loaded } from "./expiring-value.ts";
import { headerSecrets, secretForms } from "./secret-forms.ts";
import { createShownSecrets } from "./sent-secrets.ts";

/** How tokens are requested. */
export interface TokenClient {
  /** The provider of the tokens, for messages. */
  readonly provider: string;
  readonly upstream: UpstreamSend;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Bounds on a token request; default 5 seconds to connect and 15 for the reply. */
  readonly timeouts?: UpstreamTimeouts;
}

/** A request for a token. */
export interface TokenRequest {
  readonly url: UpstreamRequest["url"];
  /** Flat; lower case. */
  readonly headers?: readonly string[];
  /** The form of a POST; a request without one is a GET. */
  readonly form?: readonly (readonly [name: string, value: string])[];
}

const defaultTimeouts: UpstreamTimeouts = {
  connectMs: 5_000,
  firstTokenMs: 15_000,
  idleMs: 15_000,
};

/** No token reply is as large as this. */
const maxReplyBytes = 1024 * 1024;

/**
 * Asks for a token (RFC 6749, 5). Throws a GatewayError that names the provider:
 * UPSTREAM_UNAUTHENTICATED where the server refuses (400, 401, 403), else CREDENTIAL_MISSING.
 * Nothing of the request or the reply is repeated but the code of an OAuth error.
 */
export async function requestToken(
  client: TokenClient,
  request: TokenRequest,
): Promise<Loaded<string>> {
  const { origin } = request.url;
  const reply = await exchange(client, request).catch((error: unknown) =>
    Promise.reject(unreached(error, client, request)),
  );
  const parsed = parseJson(reply.bytes);
  const json = parsed.ok && isObject(parsed.value) ? parsed.value : undefined;
  if (reply.status !== 200)
    throw refused(reply.status, oauthCode(json, request), client.provider, origin);
  const value = json === undefined ? undefined : stringAt(json, "access_token");
  if (json === undefined || value === undefined) {
    const what = json === undefined ? "is not JSON" : "holds no access_token";
    throw missing(client.provider, `the reply of the token endpoint ${what}`, { detail: origin });
  }
  if (!/^[\x21-\x7e]+$/.test(value)) {
    throw missing(client.provider, "the token holds characters that no header can carry", {
      detail: origin,
    });
  }
  return { value, expiresAtMs: endOf(json, client.nowMs()) };
}

/** No token can be had for a provider. `what` is free of secrets and addresses. */
export function missing(
  provider: string,
  what: string,
  { cause, detail }: UpstreamErrorOptions = {},
): GatewayError {
  const message = `provider ${provider}: no token could be had: ${what}`;
  const fault = { reason: ErrorReason.CREDENTIAL_MISSING, message, provider };
  return new GatewayError(detail === undefined ? fault : { ...fault, detail }, { cause });
}

async function exchange(
  { upstream, timeouts = defaultTimeouts }: TokenClient,
  { url, headers = [], form }: TokenRequest,
): Promise<{ readonly status: number; readonly bytes: Uint8Array }> {
  const content = form === undefined ? [] : ["content-type", "application/x-www-form-urlencoded"];
  const response = await upstream.request({
    method: form === undefined ? "GET" : "POST",
    url,
    headers: ["accept", "application/json", ...content, ...headers],
    ...(form === undefined ? {} : { body: printForm(form) }),
    timeouts,
  });
  return { status: response.status, bytes: await response.body.bytes(maxReplyBytes) };
}

function printForm(form: readonly (readonly [name: string, value: string])[]): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of form) parameters.append(name, value);
  return parameters.toString();
}

/** Some failures repeat text of the server, such as the name of its coding. */
function unreached(error: unknown, { provider }: TokenClient, request: TokenRequest): unknown {
  if (!(error instanceof UpstreamError)) return error;
  const message = withoutShown(error.message, request);
  const detail = withoutShown(error.detail ?? request.url.origin, request);
  const isClean = message === error.message && (error.detail ?? detail) === detail;
  const options = isClean ? { detail, cause: error } : { detail };
  return missing(provider, `the token endpoint failed: ${message}`, options);
}

/** The code of an OAuth error; "" where it is none, or repeats what the request showed. */
function oauthCode(json: JsonObject | undefined, request: TokenRequest): string {
  const code = json === undefined ? "" : (stringAt(json, "error") ?? "");
  return /^[A-Za-z0-9_.-]{1,64}$/.test(code) && withoutShown(code, request) === code ? code : "";
}

/** A text of the server's without what the request showed it. */
function withoutShown(text: string, { headers = [], form = [] }: TokenRequest): string {
  const shown = [...headers.flatMap(headerSecrets), ...form.map(([, value]) => value)];
  return createShownSecrets(shown.flatMap((secret) => secretForms(secret) ?? [])).clean(
    text,
    text.length,
  );
}

function refused(status: number, code: string, provider: string, origin: string): GatewayError {
  const what = `the token endpoint answered ${status}${code === "" ? "" : ` (${code})`}`;
  const detail = `${origin}: ${what}`;
  if (status !== 400 && status !== 401 && status !== 403)
    return missing(provider, what, { detail });
  const message = `provider ${provider}: the gateway's credentials were refused: ${what}`;
  return new GatewayError({
    reason: ErrorReason.UPSTREAM_UNAUTHENTICATED,
    message,
    detail,
    provider,
  });
}

/**
 * When a token ends: `expires_in` seconds from now, else at `expires_on` or `expiration`, in
 * seconds since 1970.
 */
function endOf(json: JsonObject, nowMs: number): number | undefined {
  const seconds = secondsAt(json, "expires_in");
  if (seconds !== undefined) return nowMs + seconds * 1000;
  const at = secondsAt(json, "expires_on") ?? secondsAt(json, "expiration");
  return at === undefined ? undefined : at * 1000;
}

/** Some servers write numbers as texts. */
function secondsAt(json: JsonObject, key: string): number | undefined {
  const value = json[key];
  const seconds = typeof value === "string" && /^[0-9]{1,15}$/.test(value) ? Number(value) : value;
  return typeof seconds === "number" && Number.isFinite(seconds) && seconds >= 0
    ? seconds
    : undefined;
}
