import type { Principal } from "../call.ts";

/** What the head of a request says that a signature covers. */
export interface SignedHead {
  /** Absent: it comes from this process. */
  readonly clientAddress?: string;
  readonly method: string;
  /** As sent, percent-encoded. */
  readonly path: string;
  /** Without `?`; "" where there is none. */
  readonly query: string;
  /** The value of `Host` or `:authority`. */
  readonly authority: string;
  /** Gives the value of a header by its lower-case name. */
  readonly header: (name: string) => string | undefined;
}

/** The signature of a request whose body is still to come. */
export interface CallerSignature {
  /** Who signed the request with this body; throws UNAUTHENTICATED where nobody did. */
  verify(body: Uint8Array): Principal;
}
