import type { SignInToken } from "../../core/caller/sign-in.ts";
import { discover, memberOf, textMember } from "../../identity/discovery.ts";
import {
  failureOf,
  IssuerFailure,
  type JsonAnswer,
  requestJson,
} from "../../identity/fetch-json.ts";
import { isObject, numberAt, parseJson } from "../../json/json.ts";
import type { CommandClock } from "../shell.ts";
import { SignInError } from "./sign-in-error.ts";
import type { KeptSignIn } from "./token-file.ts";

/** Whom somebody signs in at, and as which client. */
export interface Client {
  readonly issuer: string;
  readonly clientId: string;
  /** "": the client is a public one. */
  readonly clientSecret: string;
  /** The token that is sent to the gateway. */
  readonly kind: SignInToken;
}

/** What people are shown, to open on any device. */
export interface DevicePrompt {
  readonly url: string;
  readonly code: string;
  /** An address that has the code in it; "" for none. */
  readonly urlWithCode: string;
}

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

/** How often an issuer is polled that does not say, in milliseconds (RFC 8628, section 3.5). */
const usualIntervalMs = 5_000;

/** What `slow_down` adds to it, from then on. */
const slowerMs = 5_000;

/** It is polled no more often than once a second, and where it fails at least once a minute. */
const minIntervalMs = 1_000;
const maxBackOffMs = 60_000;

/** How long a code holds at most, in seconds, and where the issuer does not say. */
const maxCodeSeconds = 3_600;
const usualCodeSeconds = 600;

/** What is requested where nobody says. The second brings a token that refreshes. */
const [openid, offline] = ["openid", "offline_access"];

/**
 * Signs somebody in by the device flow (RFC 8628): they open an address on any device, while this
 * polls. `scopes`: empty for the usual ones. Throws SignInError.
 */
export async function signIn(
  client: Client,
  scopes: readonly string[],
  { clock, show }: { readonly clock: CommandClock; readonly show: (prompt: DevicePrompt) => void },
): Promise<KeptSignIn> {
  if (!isSafe(client.issuer))
    throw new SignInError("the issuer must be an https address, or an http one of this machine");
  const endpoints = await reached(discover(client.issuer, {}));
  const url = addressOf(endpoints, "device_authorization_endpoint");
  const tokenUrl = addressOf(endpoints, "token_endpoint");
  if (url === "" || tokenUrl === "")
    throw new SignInError(`${client.issuer} does not say that it has the device flow (RFC 8628)`);
  const wanted =
    scopes.length > 0 ? scopes : [openid, ...(offersOffline(endpoints) ? [offline] : [])];
  const form = { ...formOf(client), scope: wanted.join(" ") };
  const device = await reached(requestJson(url, { form }));
  if (device.status !== 200) throw refusal(client.issuer, device);
  const code = textMember(device.value, "device_code");
  const prompt = promptOf(device.value);
  if (code === "" || prompt === undefined)
    throw new SignInError(`${client.issuer} answered with what is no device code`);
  const untilMs = clock.nowMs() + codeSeconds(device.value) * 1000;
  show(prompt);
  const poll = {
    url: tokenUrl,
    form: { ...formOf(client), grant_type: deviceGrant, device_code: code },
    intervalMs: intervalOf(device.value),
    untilMs,
  };
  return keptOf(client, await pollTokens(client.issuer, poll, clock), clock.nowMs());
}

/**
 * Has the issuer bring another token in place of one that has expired. Throws SignInError, or
 * IssuerFailure where the issuer cannot be reached.
 */
export async function refresh(kept: KeptSignIn, nowMs: number): Promise<KeptSignIn> {
  const url = addressOf(await discover(kept.issuer, {}), "token_endpoint");
  const { refreshToken } = kept;
  const form = { ...formOf(kept), grant_type: "refresh_token", refresh_token: refreshToken };
  const answer = await requestJson(url, { form });
  if (answer.status >= 500 || answer.status === 429)
    throw failureOf(kept.issuer, `answered with status ${answer.status}`);
  if (answer.status !== 200) throw refusal(kept.issuer, answer);
  // An issuer that does not say another keeps the one it gave (RFC 6749, section 6).
  return { ...keptOf(kept, answer.value, nowMs, refreshToken) };
}

/** Has the issuer forget a token that refreshes (RFC 7009), if it can. Throws IssuerFailure. */
export async function revoke(kept: KeptSignIn): Promise<void> {
  if (kept.refreshToken === "") return;
  const url = addressOf(await discover(kept.issuer, {}), "revocation_endpoint");
  if (url === "") return;
  const form = { ...formOf(kept), token: kept.refreshToken, token_type_hint: "refresh_token" };
  await requestJson(url, { form });
}

interface Poll {
  readonly url: string;
  readonly form: Readonly<Record<string, string>>;
  readonly intervalMs: number;
  readonly untilMs: number;
}

async function pollTokens(issuer: string, poll: Poll, clock: CommandClock): Promise<unknown> {
  let { intervalMs } = poll;
  while (clock.nowMs() + intervalMs < poll.untilMs) {
    await clock.wait(intervalMs);
    const answer = await requestJson(poll.url, { form: poll.form }).catch(noAnswer);
    if (answer.status === 200) return answer.value;
    const error = textMember(answer.value, "error");
    if (error === "slow_down") intervalMs += slowerMs;
    // An issuer in trouble is polled less often (RFC 8628, section 3.5).
    else if (error === "" && isTrouble(answer.status))
      intervalMs = Math.max(intervalMs, Math.min(2 * intervalMs, maxBackOffMs));
    else if (error !== "authorization_pending") throw refusal(issuer, answer);
  }
  throw new SignInError("nobody entered the code in time: run parlance login again");
}

/** A failure to reach the issuer, as an answer without a status. */
function noAnswer(error: unknown): JsonAnswer {
  if (error instanceof IssuerFailure) return { status: 0, value: undefined };
  throw error;
}

function isTrouble(status: number): boolean {
  return status === 0 || status === 429 || status >= 500;
}

/** Whether an issuer may give tokens that refresh; it need not list its scopes. */
function offersOffline(endpoints: unknown): boolean {
  const scopes = memberOf(endpoints, "scopes_supported");
  return !Array.isArray(scopes) || scopes.includes(offline);
}

async function reached<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((error: unknown) => {
    throw error instanceof IssuerFailure ? new SignInError(error.message, { cause: error }) : error;
  });
}

function formOf({ clientId, clientSecret }: Client): Readonly<Record<string, string>> {
  return { client_id: clientId, ...(clientSecret === "" ? {} : { client_secret: clientSecret }) };
}

/** Tokens go nowhere in the clear but on this machine. "" for what is no such address. */
function addressOf(endpoints: unknown, name: string): string {
  const text = textMember(endpoints, name);
  return isSafe(text) ? text : "";
}

function isSafe(text: string): boolean {
  const url = URL.parse(text);
  const local = ["127.0.0.1", "[::1]", "localhost"].includes(url?.hostname ?? "");
  return url?.protocol === "https:" || (url?.protocol === "http:" && local);
}

function promptOf(value: unknown): DevicePrompt | undefined {
  const url = shown(textMember(value, "verification_uri"));
  const code = textMember(value, "user_code");
  // A terminal obeys what is not text.
  if (url === "" || !/^[\x20-\x7e]{1,64}$/.test(code)) return undefined;
  return { url, code, urlWithCode: shown(textMember(value, "verification_uri_complete")) };
}

function shown(text: string): string {
  const url = URL.parse(text);
  return url?.protocol === "https:" || url?.protocol === "http:" ? url.href : "";
}

function codeSeconds(value: unknown): number {
  const found = memberOf(value, "expires_in");
  return typeof found === "number" && found > 0
    ? Math.min(found, maxCodeSeconds)
    : usualCodeSeconds;
}

function intervalOf(value: unknown): number {
  const found = memberOf(value, "interval");
  return typeof found === "number" ? Math.max(found * 1000, minIntervalMs) : usualIntervalMs;
}

/** Why an issuer refused, with its words where they are plain text. */
function refusal(issuer: string, { status, value }: JsonAnswer): SignInError {
  const error = textMember(value, "error");
  const known = reasons[error];
  if (known !== undefined) return new SignInError(known);
  const words = [error, textMember(value, "error_description")]
    .filter((text) => text !== "")
    .join(": ")
    .replace(/[^\x20-\x7e]+/g, " ")
    .slice(0, 300);
  return new SignInError(`${issuer} refused: ${words || `status ${status}`}`);
}

const reasons: Readonly<Record<string, string>> = {
  access_denied: "the sign-in was denied",
  expired_token: "the code has expired: run parlance login again",
};

/** What is kept of the tokens that an issuer gave. */
function keptOf(client: Client, tokens: unknown, nowMs: number, earlier = ""): KeptSignIn {
  const { issuer, clientId, clientSecret, kind } = client;
  const token = textMember(tokens, kind);
  const wanted = kind === "id_token" ? "ID token: ask for the scope openid" : "access token";
  if (token === "") throw new SignInError(`${issuer} gave no ${wanted}`);
  return {
    ...{ issuer, clientId, clientSecret, kind, token },
    expiresMs: expiryOf(token, kind, tokens, nowMs),
    refreshToken: textMember(tokens, "refresh_token") || earlier,
  };
}

/** Until when a token holds: as it says itself, else as the issuer says of access tokens. */
function expiryOf(token: string, kind: SignInToken, tokens: unknown, nowMs: number): number {
  const [, payload = ""] = token.split(".");
  const claims = parseJson(Buffer.from(payload, "base64url"));
  const exp = claims.ok && isObject(claims.value) ? numberAt(claims.value, "exp") : undefined;
  if (exp !== undefined) return exp * 1000;
  const seconds = memberOf(tokens, "expires_in");
  return kind === "access_token" && typeof seconds === "number" ? nowMs + seconds * 1000 : 0;
}
