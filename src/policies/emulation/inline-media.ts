import { isMessage } from "@bufbuild/protobuf";
import { FieldOutcome, type FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { EmbedSpecSchema } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Settings } from "../../config/settings.ts";
import { attemptOf, wireOutletOf, withRequest } from "../../core/attempt.ts";
import type { Call, CallRequest, Handler, Layer, Reply } from "../../core/call.ts";
import type { Plan, Stage } from "../../core/compose.ts";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { fieldEntry } from "../../core/fidelity/field-entry.ts";
import type { FetchedMedia, FetchMedia, MediaKind, MediaPlace } from "../../core/media.ts";
import type { RequestMessage } from "../../core/operation.ts";
import type { WireOutlet } from "../../core/target/outlet.ts";
import { isDataUrl, parseDataUrl } from "../../json/data-url.ts";
import { mayHoldMedia, type ReplaceMedia, replaceInChat, replaceInSpec } from "./media-places.ts";

/** Addresses that have to be replaced by what they lead to. */
interface Replacement {
  /** Never empty. */
  readonly places: readonly MediaPlace[];
  readonly entries: readonly FieldReport[];
  /** The request with the content in place; what `content` does not have stays as it is. */
  readonly request: (content: ReplaceMedia) => CallRequest;
}

/** The stage of the layer below. */
export function inlineMediaPolicy(
  _: Settings,
  { fetchMedia }: { readonly fetchMedia: FetchMedia | undefined },
): Stage {
  return {
    name: "inline_media",
    layer: inlineMedia(fetchMedia),
    plan: planInlineMedia(fetchMedia),
  };
}

/**
 * Puts the content itself where a call names it by address and the vendor takes only bytes. Without
 * a fetcher such a call is refused; `data:` addresses hold their content and need none. The
 * caller's bytes, where they pass as they are, are never touched.
 */
export function inlineMedia(fetchMedia: FetchMedia | undefined): Layer {
  return (next) => (call) => {
    const replacement = replacementOf(call);
    return replacement === undefined ? next(call) : inlined(next, call, replacement, fetchMedia);
  };
}

/**
 * The call with what its `data:` addresses hold, and stand-ins for what would be fetched. Fetches
 * nothing; throws what the call would be refused with.
 */
export function planInlineMedia(
  fetchMedia: FetchMedia | undefined,
): (call: Call) => Plan | undefined {
  return (call) => {
    const replacement = replacementOf(call);
    if (replacement === undefined) return undefined;
    const { entries, request } = replacement;
    const { held, wanted } = sortOut(call, replacement, fetchMedia);
    const plan = {
      call: withRequest(
        call,
        request(({ url, kind }) => held.get(url) ?? standIns[kind]),
      ),
      report: entries,
    };
    if (wanted.length === 0) return plan;
    const note = `${wanted.length} files would be fetched first, so that the body is not known`;
    return { ...plan, note, incomplete: true };
  };
}

/** What the call holds itself, and what has to be fetched; throws where nothing may be. */
function sortOut(
  call: Call,
  { places }: Replacement,
  fetchMedia: FetchMedia | undefined,
): { readonly held: ReadonlyMap<string, FetchedMedia>; readonly wanted: readonly MediaPlace[] } {
  const held = new Map(places.filter(isHeld).map((place) => [place.url, decodeHeld(place)]));
  const wanted = places.filter((place) => !isHeld(place));
  const [first] = wanted;
  if (first !== undefined && fetchMedia === undefined)
    throw notFetched(first, attemptOf(call).target.provider);
  return { held, wanted };
}

/** Stand-ins for files: the first bytes of their kind are enough for encoders. */
const standIns: Readonly<Record<MediaKind, FetchedMedia>> = {
  image: { data: new Uint8Array([0x89, 0x50, 0x4e, 0x47]), mediaType: "image/png" },
  audio: { data: new Uint8Array([0x49, 0x44, 0x33]), mediaType: "audio/mp3" },
  video: { data: new Uint8Array([0]), mediaType: "video/mp4" },
  document: { data: new Uint8Array([0x25, 0x50, 0x44, 0x46]), mediaType: "application/pdf" },
};

/** What of a call has to be replaced; undefined for nothing. */
function replacementOf(call: Call): Replacement | undefined {
  const { request } = call;
  const { target, passes } = attemptOf(call);
  const outlet = wireOutletOf(call);
  const kinds = outlet?.dialect.emulation?.bytesOnly?.(
    request.operation.name,
    target.model,
    outlet.quirks,
  );
  if (outlet === undefined || kinds === undefined || passes) return undefined;
  const message = request.message();
  if (isMessage(message, ChatSchema) && !mayHoldMedia(message)) return undefined;
  const places: MediaPlace[] = [];
  replaceIn(message, kinds, (place) => {
    if (isReplaced(place, outlet)) places.push(place);
    return undefined;
  });
  if (places.length === 0) return undefined;
  return {
    places,
    entries: places.map(entryOf),
    request: (content) => {
      const replaced = replaceIn(message, kinds, content);
      return { ...request, message: () => replaced };
    },
  };
}

/** A vendor's own addresses (`gs://`, files it holds) stay: only the vendor can read them. */
function isReplaced({ url }: MediaPlace, { dialect }: WireOutlet): boolean {
  return /^(?:https?|data):/i.test(url) && dialect.emulation?.takesAddress?.(url) !== true;
}

function replaceIn(
  message: RequestMessage,
  kinds: ReadonlySet<MediaKind>,
  replace: ReplaceMedia,
): RequestMessage {
  if (isMessage(message, ChatSchema)) return replaceInChat(message, kinds, replace);
  if (isMessage(message, EmbedSpecSchema)) return replaceInSpec(message, kinds, replace);
  return message;
}

/**
 * Fetches before the call goes on, so that a missing file ends the attempt before the vendor is
 * called. The caller's cancellation ends the fetch too.
 */
async function inlined(
  next: Handler,
  call: Call,
  replacement: Replacement,
  fetchMedia: FetchMedia | undefined,
): Promise<Reply> {
  const { entries, request } = replacement;
  const { held, wanted } = sortOut(call, replacement, fetchMedia);
  const fetched = wanted.length === 0 ? undefined : await fetchMedia?.(wanted, call.life.signal);
  const filled = request(({ url }) => held.get(url) ?? fetched?.get(url));
  const reply = await next(withRequest(call, filled));
  return { ...reply, report: [...entries, ...reply.report] };
}

/** Only a fetch emulates something: a data URL changes its form alone. */
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

/** Refuses empty content too, by the name of its field, before the vendor is called. */
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
