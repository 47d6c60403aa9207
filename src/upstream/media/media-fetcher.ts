import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { FetchedMedia, FetchMedia, MediaKind, MediaPlace } from "../../core/media.ts";
import { type AddressPolicy, checkMediaAddress } from "./media-address.ts";
import { requestMedia } from "./media-request.ts";
import { checkMediaType } from "./media-type.ts";

/** How media are fetched. */
export interface MediaFetcherOptions extends AddressPolicy {
  /** Of one file, in bytes. */
  readonly maxBytes: number;
  /** Of all files of a call, in bytes. */
  readonly maxTotalBytes: number;
  /** For one file with all its redirects, in milliseconds. */
  readonly timeoutMs: number;
  /** Calls `run` after a time; gives a function that calls it off. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
}

/** Redirects that are followed for one file, each checked like the first address. */
const maxRedirects = 5;

/** Files of one call that are fetched at once. */
const maxConcurrent = 8;

/** Addresses of one call. */
const maxAddresses = 64;

/**
 * Makes the fetcher of media for vendors that take only bytes. It asks by GET, without credentials,
 * at addresses that the policy allows, and connects to the very IP address that was checked. All
 * failures are the caller's to mend: INVALID_REQUEST with the field. The first failure ends all
 * other fetches of the call.
 */
export function createMediaFetcher(options: MediaFetcherOptions): FetchMedia {
  return async (places, signal) => {
    const wanted = [...new Map(places.map((place) => [place.url, place])).values()];
    const [, extra] = [wanted[maxAddresses - 1], wanted[maxAddresses]];
    if (extra !== undefined) {
      throw refused(
        extra,
        `is one of more than ${maxAddresses} of the call; send some of them as bytes`,
      );
    }
    const ending = new AbortController();
    const onGone = (): void => ending.abort(gone(signal));
    if (signal?.aborted === true) throw gone(signal);
    signal?.addEventListener("abort", onGone, { once: true });
    try {
      return await fetchAll(wanted, options, ending);
    } finally {
      signal?.removeEventListener("abort", onGone);
    }
  };
}

async function fetchAll(
  wanted: readonly MediaPlace[],
  options: MediaFetcherOptions,
  ending: AbortController,
): Promise<ReadonlyMap<string, FetchedMedia>> {
  const fetched = new Map<string, FetchedMedia>();
  let left = options.maxTotalBytes;
  let at = 0;
  const work = async (): Promise<void> => {
    for (let place = wanted[at++]; place !== undefined; place = wanted[at++]) {
      const media = await fetchOne(place, options, ending.signal);
      left -= media.data.length;
      if (left < 0)
        throw refused(place, `would make the call larger than ${options.maxTotalBytes} bytes`);
      fetched.set(place.url, media);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(maxConcurrent, wanted.length) }, work));
  } catch (error) {
    ending.abort(error);
    throw error;
  }
  return fetched;
}

async function fetchOne(
  place: MediaPlace,
  options: MediaFetcherOptions,
  ended: AbortSignal,
): Promise<FetchedMedia> {
  const controller = new AbortController();
  const onEnded = (): void => controller.abort(ended.reason);
  if (ended.aborted) throw ended.reason;
  ended.addEventListener("abort", onEnded, { once: true });
  const tooSlow = refused(
    place,
    `did not answer whole within ${options.timeoutMs} ms; send the bytes`,
  );
  const callOff = options.schedule(() => controller.abort(tooSlow), options.timeoutMs);
  try {
    return await follow(place, options, controller.signal);
  } finally {
    callOff();
    ended.removeEventListener("abort", onEnded);
  }
}

async function follow(
  place: MediaPlace,
  options: MediaFetcherOptions,
  signal: AbortSignal,
): Promise<FetchedMedia> {
  let target = place.url;
  for (let hop = 0; hop <= maxRedirects; hop += 1) {
    const check = await orAborted(checkMediaAddress(target, options), signal);
    if (!check.ok)
      throw refused(place, hop === 0 ? check.why : `redirects to an address that ${check.why}`);
    const answer = await requestMedia(
      check.address,
      options.maxBytes,
      accepted[place.kind],
      signal,
    );
    if (answer.kind === "refused") throw refused(place, answer.why);
    if (answer.kind === "content") return checked(place, answer.data, answer.contentType);
    target = URL.parse(answer.location, check.address.url.href)?.href ?? "";
  }
  throw refused(place, `redirects more than ${maxRedirects} times`);
}

/** A look-up cannot be cancelled, but nobody has to wait for it. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

const accepted: Readonly<Record<MediaKind, string>> = {
  image: "image/*",
  audio: "audio/*",
  video: "video/*",
  document: "application/pdf, text/*;q=0.9, */*;q=0.5",
};

function checked(
  place: MediaPlace,
  data: Uint8Array<ArrayBuffer>,
  contentType: string,
): FetchedMedia {
  const type = checkMediaType(place.kind, data, contentType);
  if (!type.ok) throw new GatewayError(invalidField(place.field, `the content ${type.why}`));
  return { data, mediaType: type.mediaType };
}

/** The address itself may hold a signature, so that it is not repeated. */
function refused(place: MediaPlace, why: string): GatewayError {
  return new GatewayError(invalidField(place.field, `the address ${why}`));
}

function gone(signal: AbortSignal | undefined): GatewayError {
  const reason: unknown = signal?.reason;
  if (reason instanceof GatewayError) return reason;
  return new GatewayError({ reason: ErrorReason.CANCELLED, message: "the call was cancelled" });
}
