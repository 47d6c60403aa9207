/** One request as it goes onto the wire. */
export interface AttackRequest {
  readonly protocol: "h1" | "h2";
  readonly method: string;
  /** With its query. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** How the body is framed. Over HTTP/2 only `pieces` and `cut` mean something. */
  readonly framing: Framing;
}

/** `cut`: less of the body than was announced, and then nothing. */
export type Framing = "length" | "chunks" | "pieces" | "no-length" | "cut" | "bad-chunk" | "more";

/** A reply as it was read. */
export interface AttackReply {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly trailers: readonly (readonly [name: string, value: string])[];
}

/** What came of a request: replies, and how the connection or stream ended. */
export interface AttackOutcome {
  readonly replies: readonly AttackReply[];
  /**
   * `whole`: the reply was complete; `closed`: it ended without one; `late`: it did not end in
   * time.
   */
  readonly ending: "whole" | "closed" | "late";
}

/** The value of a header; "" where there is none. */
export function headerOf({ headers }: AttackReply, name: string): string {
  return headers.find(([each]) => each.toLowerCase() === name)?.[1] ?? "";
}
