import { GatewayError } from "../core/faults/gateway-error.ts";
import { isObject, type JsonObject, objectAt, parseJson, stringAt } from "../json/json.ts";
import type { UpstreamSend } from "../upstream/client.ts";
import type { RequestSigning } from "../upstream/credentials/request-signing.ts";
import type { UpstreamResponse } from "../upstream/response.ts";
import { UpstreamError } from "../upstream/upstream-error.ts";
import { ServiceError, type ServiceFailure } from "./service-error.ts";

/** What requests to services are made with. */
export interface ServiceTools {
  readonly upstream: UpstreamSend;
  /** Resolves after so many milliseconds. */
  readonly wait: (ms: number) => Promise<void>;
  /** A number from 0 up to but not including 1. */
  readonly random: () => number;
}

/** A request to a service that keeps secrets or keys. */
export interface ServiceRequest {
  readonly method: "GET" | "POST" | "PUT";
  readonly url: { readonly origin: string; readonly path: string };
  /** Flat; lower case. */
  readonly headers?: readonly string[];
  /** JSON. */
  readonly body?: JsonObject;
  /** Shows who asks. Absent: the headers do. */
  readonly signing?: RequestSigning;
}

/** Bounds of one try, in milliseconds. */
const timeouts = { connectMs: 5_000, firstTokenMs: 10_000, idleMs: 10_000 };

/** How often a request is sent, and how long it waits before it is sent again. */
const maxTries = 3;
const firstWaitMs = 250;
const maxWaitMs = 5_000;

/** No secret and no key is as large as this. */
const maxReplyBytes = 1024 * 1024;

/**
 * Sends a request and gives the object of its reply. One that is overloaded or cannot be reached is
 * asked again, twice at most, after a growing pause or the one that it asks for. Throws a
 * ServiceError.
 */
export async function askService(
  tools: ServiceTools,
  request: ServiceRequest,
): Promise<JsonObject> {
  let renewed = false;
  for (let tries = 1; ; tries += 1) {
    const outcome = await tryOnce(tools, request);
    if (outcome.ok) return outcome.json;
    const { error, again, renew } = outcome;
    if (renew?.() === true && !renewed) {
      renewed = true;
      continue;
    }
    if (again === undefined || tries >= maxTries) throw error;
    await tools.wait(again || firstWaitMs * 2 ** (tries - 1) * (1 + tools.random()));
  }
}

type Outcome =
  | { readonly ok: true; readonly json: JsonObject }
  | {
      readonly ok: false;
      readonly error: ServiceError;
      /**
       * Undefined: the same would fail again. Else after how many milliseconds it may be tried; 0:
       * the service does not say.
       */
      readonly again?: number | undefined;
      /** The credentials were refused: has others fetched, and says whether there may be some. */
      readonly renew?: (() => boolean) | undefined;
    };

async function tryOnce({ upstream }: ServiceTools, request: ServiceRequest): Promise<Outcome> {
  const { method, url, headers = [], body, signing } = request;
  const text = body === undefined ? "" : JSON.stringify(body);
  const type = headers.includes("content-type") ? [] : ["content-type", "application/json"];
  const plain = [...headers, ...(body === undefined ? [] : type)];
  try {
    const signature = await signing?.sign({ method, ...url, headers: plain, body: text });
    const reply = await upstream.request({
      method,
      url,
      headers: ["accept", "application/json", ...plain, ...(signature?.headers ?? [])],
      ...(body === undefined ? {} : { body: text }),
      timeouts,
    });
    const read = parseJson(await reply.body.bytes(maxReplyBytes));
    const json = read.ok && isObject(read.value) ? read.value : undefined;
    if (reply.status === 204) return { ok: true, json: {} };
    if (reply.status === 200 && json !== undefined) return { ok: true, json };
    return refusalOf(reply, json, signature?.renew);
  } catch (error) {
    return failureOf(error);
  }
}

function refusalOf(
  reply: UpstreamResponse,
  json: JsonObject | undefined,
  renew: (() => boolean) | undefined,
): Outcome {
  const { status } = reply;
  const code = codeOf(json);
  const isBusy = busyStatuses.has(status) || /throttl|toomanyrequests|limitexceeded/i.test(code);
  const failure = isBusy ? "down" : failureFor(status, code);
  const message =
    status === 200
      ? "the reply is not an object of JSON"
      : `it answered ${status}${code === "" ? "" : ` (${code})`}`;
  const error = new ServiceError(failure, message, { code });
  const mayRenew = status === 401 || /expiredtoken/i.test(code);
  return {
    ok: false,
    error,
    again: isBusy ? pauseOf(reply) : undefined,
    renew: mayRenew ? renew : undefined,
  };
}

/** 412 is Vault's: a reader that is behind the writer; 472 and 473 are its standbys. */
const busyStatuses: ReadonlySet<number> = new Set([
  408, 412, 425, 429, 472, 473, 500, 502, 503, 504,
]);

function failureFor(status: number, code: string): ServiceFailure {
  if (/notfound/i.test(code) || status === 404) return "missing";
  if (/accessdenied|unrecognizedclient|invalidsignature|expiredtoken/i.test(code)) return "denied";
  if (status === 401 || status === 403) return "denied";
  return status >= 400 && status < 500 ? "refused" : "down";
}

/** The short code of an error of AWS, Google Cloud or Azure. */
function codeOf(json: JsonObject | undefined): string {
  if (json === undefined) return "";
  const error = objectAt(json, "error");
  const named =
    stringAt(json, "__type") ?? (error && (stringAt(error, "status") ?? stringAt(error, "code")));
  const code = (named ?? "").replace(/^.*#/, "");
  return /^[A-Za-z0-9_.]{1,64}$/.test(code) ? code : "";
}

function pauseOf({ headers }: UpstreamResponse): number {
  const seconds = Number(headers["retry-after"] ?? "");
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1000, maxWaitMs) : 0;
}

function failureOf(error: unknown): Outcome {
  if (error instanceof UpstreamError) {
    const again = hopeless.has(error.kind) ? undefined : 0;
    return { ok: false, again, error: new ServiceError("down", error.message, { cause: error }) };
  }
  // No credentials could be had; its words name what is missing and nothing that is secret.
  if (error instanceof GatewayError)
    return { ok: false, error: new ServiceError("denied", error.message, { cause: error }) };
  throw error;
}

const hopeless: ReadonlySet<UpstreamError["kind"]> = new Set([
  "tls",
  "redirect",
  "too_large",
  "invalid_request",
  "closed",
]);
