import type { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Dialect } from "../core/dialect.ts";
import { cleanFault } from "../core/faults/clean-fault.ts";
import { GatewayError } from "../core/faults/gateway-error.ts";
import type { Life } from "../core/life.ts";
import type { HostList } from "../core/net/egress.ts";
import type { Quirks } from "../core/quirks.ts";
import type { FlowingIterator } from "../core/reply/flow.ts";
import type { RawFrame, Sender, WireAnswer, WireOutlet } from "../core/target/outlet.ts";
import type { WireRequest } from "../core/wire-request.ts";
import type { UpstreamTimeouts } from "./call-clock.ts";
import type { UpstreamSend } from "./client.ts";
import {
  type CredentialOptions,
  type CredentialPlacement,
  type CredentialRotation,
  createCredentialRotation,
} from "./credentials/credential.ts";
import type { RequestSigning } from "./credentials/request-signing.ts";
import { headerSecrets, type SecretForms, secretForms } from "./credentials/secret-forms.ts";
import type { ShownSecrets } from "./credentials/sent-secrets.ts";
import { createSignedSend } from "./credentials/signed-send.ts";
import { createFollowingSend } from "./follow-up.ts";
import { createEventStreamParser } from "./framing/event-stream.ts";
import type { FrameParser } from "./framing/frame.ts";
import { createNdjsonParser } from "./framing/ndjson.ts";
import { createSseParser } from "./framing/sse.ts";
import { requestAddress } from "./request-address.ts";
import type { UpstreamResponse } from "./response.ts";
import type { UpstreamError } from "./upstream-error.ts";
import { upstreamFault } from "./upstream-fault.ts";

/** How models are called. */
export interface Serving {
  readonly dialect: Dialect;
  /** Other dialects in which chats are served, at the same base URL. */
  readonly alsoSpeaks: readonly Dialect[];
  /** Dialects in which chats may be served, which only models demand. Absent: none. */
  readonly onDemand?: readonly Dialect[];
  readonly quirks: Quirks;
  readonly operations: ReadonlySet<string>;
  readonly baseUrl: { readonly origin: string; readonly path: string };
  /** Stands between the base URL's path and that of a request. Absent: nothing does. */
  readonly pathPrefix?: string;
}

/** Models that are called in another way than the rest of a provider's. */
export interface ServingFamily extends Serving {
  /** Whether a model, in the vendor's words, is of the family. */
  readonly has: (model: string) => boolean;
}

/** A provider as the way out to it needs it. */
export interface OutletOptions extends Serving, CredentialOptions {
  /** The first that has a model serves it. */
  readonly families: readonly ServingFamily[];
  /** Paths that the provider calls differently from its dialect. */
  readonly paths: ReadonlyMap<string, string>;
  /**
   * Sent with every request: name, value, name, value; lower case. They replace what the dialect
   * sets.
   */
  readonly headers: readonly string[];
  readonly timeouts: UpstreamTimeouts;
  /** Signs each request once it is final, instead of a credential. */
  readonly signing?: RequestSigning;
  readonly upstream: UpstreamSend;
  /** Hosts that the vendor may name for requests that follow. Absent: see requestAddress alone. */
  readonly allow?: HostList;
}

/**
 * Makes the way out to a vendor behind HTTP. Every failure it throws is a GatewayError that names
 * the provider.
 */
export function createWireOutlet(options: OutletOptions): WireOutlet {
  const shown = headerForms(options.headers, options);
  const credential = createCredentialRotation(options, shown);
  const families = options.families.map((family) => ({
    has: family.has,
    outlet: createServing(options, family, credential),
  }));
  return { ...createServing(options, options, credential), families };
}

function createServing(
  options: OutletOptions,
  serving: Serving,
  credential: CredentialRotation,
): WireOutlet {
  const { provider, upstream, timeouts, signing } = options;
  const { baseUrl } = serving;
  const base = baseUrl.path + (serving.pathPrefix ?? "");
  const speaking = (
    dialect: Dialect,
    operations: ReadonlySet<string>,
  ): Omit<WireOutlet, "alternatives"> => {
    const signed =
      signing === undefined ? undefined : createSignedSend(upstream, signing, dialect.decodeError);
    const send: WireOutlet["send"] = (request, life, sender) => {
      const placement = credential.next();
      const { origin, path } = requestAddress(
        request,
        { origin: baseUrl.origin, path: base },
        options.paths,
        { provider, allow: options.allow },
      );
      const sent = {
        method: request.method,
        url: { origin, path: placement.query === "" ? path : withQuery(path, placement.query) },
        headers: headersOf(request, placement.headers, options.headers),
        body: request.body,
        timeouts: boundedBy(sender, timeouts),
        ...(sender.key === undefined ? {} : { key: sender.key }),
        life,
      };
      const { secrets } = placement;
      const failed = (error: unknown) => {
        if (placement.probes === true) credential.settle(placement, false);
        return Promise.reject(cleanError(upstreamFault(error, provider, life), secrets));
      };
      return signed === undefined
        ? upstream.request(sent).then((response) => {
            const reply = answer(response, secrets, provider, life);
            if (placement.probes === true) credential.settle(placement, response.status < 400);
            return credential.hasOther() ? cooling(reply, credential, placement) : reply;
          }, failed)
        : signed({ ...sent, signal: life.signal }).then(
            (reply) => answer(reply.response, secrets.with(reply.secrets), provider, life),
            failed,
          );
    };
    return {
      kind: "wire",
      provider,
      dialect,
      quirks: serving.quirks,
      operations,
      families: [],
      forwardedHeaders: dialect.forwardedHeaders,
      hasCredential: () => credential.hasOther(),
      send: following(send, dialect, options),
    };
  };
  const others = (dialects: readonly Dialect[]) =>
    new Map(
      dialects.map((dialect) => {
        const outlet = { ...speaking(dialect, chatOnly), alternatives: none };
        return [dialect.name, outlet] as const;
      }),
    );
  const { onDemand = [] } = serving;
  return {
    ...speaking(serving.dialect, serving.operations),
    alternatives: others(serving.alsoSpeaks),
    ...(onDemand.length === 0 ? {} : { onDemand: others(onDemand) }),
  };
}

/** Most vendors answer at once; their way is not made longer. */
function following(
  send: WireOutlet["send"],
  { followUp }: Dialect,
  options: OutletOptions,
): WireOutlet["send"] {
  if (followUp === undefined) return send;
  const { provider, timeouts } = options;
  const fault = (error: UpstreamError, life: Life) => upstreamFault(error, provider, life);
  const maxMs = timeouts.firstTokenMs === 0 ? Number.POSITIVE_INFINITY : timeouts.firstTokenMs;
  return createFollowingSend({ send, rule: followUp, maxMs, fault });
}

/** How long a credential that was refused is left alone at least and at most, in milliseconds. */
const minCoolMs = 5000;
const maxCoolMs = 3_600_000;

/** A reply whose credential can be left alone. */
function cooling(
  reply: WireAnswer,
  credential: CredentialRotation,
  placement: CredentialPlacement,
): WireAnswer {
  const coolCredential = (reason: ErrorReason, retryAfterMs = 0): void => {
    const coolMs = Math.min(maxCoolMs, Math.max(minCoolMs, retryAfterMs));
    credential.cool(placement, coolMs, reason);
  };
  return { ...reply, coolCredential };
}

/**
 * The bounds of a target where it has its own, else those of its provider. The wait for the first
 * token is no longer than the caller's.
 */
function boundedBy({ timeouts: own, firstTokenMs: waitMs }: Sender, all: UpstreamTimeouts) {
  if (own === undefined && waitMs === undefined) return all;
  const firstTokenMs = own?.firstTokenMs ?? all.firstTokenMs;
  const isLess = waitMs !== undefined && (firstTokenMs === 0 || waitMs < firstTokenMs);
  return {
    connectMs: own?.connectMs ?? all.connectMs,
    firstTokenMs: isLess ? waitMs : firstTokenMs,
    idleMs: own?.idleMs ?? all.idleMs,
  };
}

const chatOnly: ReadonlySet<string> = new Set(["chat"]);
const none: ReadonlyMap<string, WireOutlet> = new Map();

function withQuery(path: string, query: string): string {
  return `${path}${path.includes("?") ? "&" : "?"}${query}`;
}

function headersOf(
  request: WireRequest,
  credential: readonly string[],
  configured: readonly string[],
): readonly string[] {
  const headers = [...request.headers, ...credential];
  for (let at = 0; at < configured.length; at += 2) {
    const name = configured[at] ?? "";
    const value = configured[at + 1] ?? "";
    const set = headers.findIndex((header, index) => index % 2 === 0 && header === name);
    if (set < 0) headers.push(name, value);
    else headers[set + 1] = value;
  }
  return headers;
}

/**
 * Whoever reads the reply reads it without what the request showed the vendor: here alone is known
 * what that was, and nothing of a reply comes past here.
 */
function answer(
  response: UpstreamResponse,
  secrets: ShownSecrets,
  provider: string,
  life: Life,
): WireAnswer {
  const fault = (error: unknown) => cleanError(upstreamFault(error, provider, life), secrets);
  return {
    status: response.status,
    headers: response.headers,
    secrets,
    bytes: () =>
      response.body.bytes().then(secrets.cleanBytes, (error) => Promise.reject(fault(error))),
    chunks: () => chunksOf(response, secrets, fault),
    frames: () => framesOf(response, secrets, fault),
    progressed: () => response.body.progressed(),
    cancel: () => response.body.cancel(),
  };
}

/**
 * A failure whose words may be the vendor's, such as those of a certificate. What it was caused by
 * goes with the words.
 */
function cleanError(error: unknown, secrets: ShownSecrets): unknown {
  if (!(error instanceof GatewayError)) return error;
  const fault = cleanFault(error.fault, secrets);
  const same = fault.message === error.fault.message && fault.detail === error.fault.detail;
  return same ? error : new GatewayError(fault);
}

/** What configured headers show a vendor, but for those that are made to be seen. */
function headerForms(headers: readonly string[], { dialect }: Serving): readonly SecretForms[] {
  const open = new Set([...openHeaders, ...dialect.forwardedHeaders]);
  const values = headers.filter((_, at) => at % 2 === 1 && !open.has(headers[at - 1] ?? ""));
  // A scheme tells a credential; of other values a part means nothing.
  return values.flatMap((value) =>
    headerSecrets(value).flatMap((text) => secretForms(text, text !== value) ?? []),
  );
}

/** Headers that identify the caller. Models may use the same words. */
const openHeaders: readonly string[] = [
  "accept",
  "accept-language",
  "http-referer",
  "referer",
  "user-agent",
  "x-title",
];

/** A secret that is parted among chunks is not found. */
function chunksOf(
  response: UpstreamResponse,
  secrets: ShownSecrets,
  fault: (error: unknown) => unknown,
): AsyncIterator<Uint8Array> {
  const chunks = response.body.chunks()[Symbol.asyncIterator]();
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    try {
      const chunk = await chunks.next();
      return chunk.done === true ? chunk : { done: false, value: secrets.cleanBytes(chunk.value) };
    } catch (error) {
      throw fault(error);
    }
  };
  return { next };
}

function framesOf(
  response: UpstreamResponse,
  secrets: ShownSecrets,
  fault: (error: unknown) => unknown,
): FlowingIterator<readonly RawFrame[]> {
  const parser = parserFor(response.headers["content-type"] ?? "");
  const chunks = response.body.chunks("reported")[Symbol.asyncIterator]();
  let ended = false;
  const next = async (): Promise<IteratorResult<readonly RawFrame[]>> => {
    try {
      while (!ended) {
        const chunk = await chunks.next();
        ended = chunk.done === true;
        const frames = chunk.done === true ? parser.end() : parser.push(chunk.value);
        if (frames.length > 0) return { done: false, value: secrets.cleanFrames(frames) };
      }
      return { done: true, value: undefined };
    } catch (error) {
      throw fault(error);
    }
  };
  const { flow } = chunks;
  if (flow === undefined) return { next };
  return {
    next,
    async flow(take) {
      if (ended) return;
      try {
        await flow((chunk) => {
          const frames = parser.push(chunk);
          return frames.length > 0 ? take(secrets.cleanFrames(frames)) : undefined;
        });
        const last = parser.end();
        if (last.length > 0) await take(secrets.cleanFrames(last));
      } catch (error) {
        throw fault(error);
      }
    },
  };
}

function parserFor(contentType: string): FrameParser {
  if (contentType.includes("vnd.amazon.eventstream")) return createEventStreamParser();
  return /ndjson|stream\+json/.test(contentType) ? createNdjsonParser() : createSseParser();
}
