/**
 * A frame of a vendor's stream: its event, where the dialect's frames have one, and its JSON or
 * text.
 */
export interface WireFrame {
  readonly event: string;
  readonly data: string | Uint8Array;
}

/** What a vendor may send, with `n` of the thing that the title names. */
export type WireRow = { readonly title: string } & (
  | { readonly kind: "chat" | "embed" | "rerank" | "count"; readonly body: (n: number) => unknown }
  | { readonly kind: "stream"; readonly frames: (n: number) => readonly WireFrame[] }
);

/**
 * What a vendor of a dialect may send: its arrays and maps, in replies and in frames, and odd
 * shapes of them.
 */
export interface DialectRows {
  readonly dialect: string;
  readonly rows: readonly WireRow[];
}

/** `n` of what `make` makes. */
export function many<T>(n: number, make: (at: number) => T): T[] {
  return Array.from({ length: n }, (_, at) => make(at));
}

/** An object with `n` members. */
export function members(
  n: number,
  make: (at: number) => unknown = (at) => at,
): Record<string, unknown> {
  return Object.fromEntries(many(n, (at) => [`member${at}`, make(at)]));
}

/** A frame of JSON. */
export function frame(json: unknown, event = ""): WireFrame {
  return { event, data: JSON.stringify(json) };
}

/** A whole chat reply. */
export function reply(title: string, body: (n: number) => unknown): WireRow {
  return { title, kind: "chat", body };
}

/** A streamed chat. */
export function stream(title: string, frames: (n: number) => readonly WireFrame[]): WireRow {
  return { title, kind: "stream", frames };
}
