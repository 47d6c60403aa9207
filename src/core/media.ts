/** Kinds of content that can be sent as a URL. */
export type MediaKind = "image" | "audio" | "video" | "document";

/** Where a call refers to content by address. */
export interface MediaPlace {
  /** The field that holds the address, such as `messages[0].parts[1].image.url`. */
  readonly field: string;
  readonly kind: MediaKind;
  readonly url: string;
}

/** Content that was fetched. */
export interface FetchedMedia {
  readonly data: Uint8Array<ArrayBuffer>;
  /** IANA media type as the first bytes tell it, or as the server said of text. */
  readonly mediaType: string;
}

/**
 * Fetches what a call refers to, each address once. Gives the content of each address. Throws a
 * GatewayError that names the field and what to do about it.
 */
export type FetchMedia = (
  places: readonly MediaPlace[],
  signal: AbortSignal | undefined,
) => Promise<ReadonlyMap<string, FetchedMedia>>;
