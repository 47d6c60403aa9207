import { FieldOutcome, type FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Call, CallRequest, Handler, Layer, Reply } from "../../core/call.ts";
import type { MediaKind } from "../../core/dialect.ts";
import { invalidField } from "../../core/fault.ts";
import { fieldEntry } from "../../core/field-entry.ts";
import { GatewayError } from "../../core/gateway-error.ts";
import type { FetchedMedia, FetchMedia, MediaPlace } from "../../core/media.ts";
import type { WireOutlet } from "../../core/outlet.ts";
import { passesThrough } from "../../core/outlet-for.ts";
import { isDataUrl, parseDataUrl } from "../../json/data-url.ts";
import { mayHoldMedia, type ReplaceMedia, replaceInChat, replaceInSpec } from "./media-places.ts";
import { type OutletLookup, wireOutlet } from "./translated-outlet.ts";

/** Addresses that have to be replaced by what they lead to. */
export interface MediaPlan {
  /** Never empty. */
  readonly places: readonly MediaPlace[];
  readonly entries: readonly FieldReport[];
  /** The request with the content in place; what `content` does not have stays as it is. */
  readonly request: (content: ReplaceMedia) => CallRequest;
}

/**
 * Puts the content itself where a call names it by address and the vendor takes only bytes. Without
 * a fetcher such a call is refused; `data:` addresses hold their content and need none. The
 * caller's bytes, where they pass as they are, are never touched.
 */
export function inlineMedia(outlets: OutletLookup, fetchMedia: FetchMedia | undefined): Layer {
  return (next) => (call) => {
    const outlet = wireOutlet(outlets, call);
    const plan = outlet === undefined ? undefined : planMedia(outlet, call);
    return plan === undefined || outlet === undefined
      ? next(call)
      : inlined(next, call, plan, outlet, fetchMedia);
  };
}

/** What of a call has to be fetched; undefined for nothing. Fetches nothing. */
export function planMedia(outlet: WireOutlet, call: Call): MediaPlan | undefined {
  const { request, target } = call;
  const kinds = outlet.dialect.emulation?.bytesOnly?.(
    request.operation,
    target?.model ?? "",
    outlet.quirks,
  );
  if (kinds === undefined || passesThrough(outlet, call, target?.model ?? "") || isPlain(request))
    return undefined;
  const places: MediaPlace[] = [];
  replaceIn(request, kinds, (place) => {
    if (isReplaced(place, outlet)) places.push(place);
    return undefined;
  });
  if (places.length === 0) return undefined;
  return {
    places,
    entries: places.map(entryOf),
    request: (content) => replaceIn(request, kinds, content),
  };
}

function isPlain(request: CallRequest): boolean {
  return (
    (request.operation === "chat" || request.operation === "count_tokens") &&
    !mayHoldMedia(request.chat())
  );
}

function isReplaced({ url }: MediaPlace, { dialect }: WireOutlet): boolean {
  return /^(?:https?|data):/i.test(url) && dialect.emulation?.takesAddress?.(url) !== true;
}

function replaceIn(
  request: CallRequest,
  kinds: ReadonlySet<MediaKind>,
  replace: ReplaceMedia,
): CallRequest {
  switch (request.operation) {
    case "chat":
    case "count_tokens": {
      const chat = replaceInChat(request.chat(), kinds, replace);
      return { ...request, chat: () => chat };
    }
    case "embed": {
      const spec = replaceInSpec(request.spec(), kinds, replace);
      return { ...request, spec: () => spec };
    }
    case "rerank":
      return request;
  }
}

async function inlined(
  next: Handler,
  call: Call,
  plan: MediaPlan,
  { provider }: WireOutlet,
  fetchMedia: FetchMedia | undefined,
): Promise<Reply> {
  const held = new Map(plan.places.filter(isHeld).map((place) => [place.url, decodeHeld(place)]));
  const wanted = plan.places.filter((place) => !isHeld(place));
  const [first] = wanted;
  if (first !== undefined && fetchMedia === undefined) throw notFetched(first, provider);
  const fetched = first === undefined ? undefined : await fetchMedia?.(wanted, call.signal);
  const request = plan.request(({ url }) => held.get(url) ?? fetched?.get(url));
  const { origin: _, ...translated } = call;
  const reply = await next({ ...translated, request });
  return { ...reply, report: [...plan.entries, ...reply.report] };
}

function entryOf(place: MediaPlace): FieldReport {
  if (isHeld(place))
    return fieldEntry(place.field, FieldOutcome.MAPPED, "sent as the bytes it holds");
  return fieldEntry(
    place.field,
    FieldOutcome.EMULATED,
    "fetched by the gateway: the vendor takes only bytes",
  );
}

function isHeld({ url }: MediaPlace): boolean {
  return isDataUrl(url);
}

function decodeHeld({ url, field }: MediaPlace): FetchedMedia {
  const held = parseDataUrl(url);
  if (held === undefined)
    throw new GatewayError(invalidField(field, "the data URL is not valid; send valid base64"));
  if (held.data.length === 0)
    throw new GatewayError(invalidField(field, "the data URL holds nothing"));
  return { data: held.data, mediaType: (held.mediaType.split(";")[0] ?? "").toLowerCase() };
}

function notFetched({ field }: MediaPlace, provider: string): GatewayError {
  const message =
    "the vendor takes only bytes, and media_fetch.disabled keeps the gateway from fetching them; send the bytes";
  return new GatewayError({
    reason: ErrorReason.UNSUPPORTED,
    message: `${field}: ${message}`,
    fields: [{ field, message }],
    provider,
  });
}
