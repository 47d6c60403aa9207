import type { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Dialect, Frame } from "../dialect.ts";
import type { Life } from "../life.ts";
import type { Quirks } from "../quirks.ts";
import type { FlowingIterator } from "../reply/flow.ts";
import type { WireRequest } from "../wire-request.ts";
import type { TargetTimeouts } from "./target.ts";

/** A vendor behind HTTP. */
export interface WireOutlet {
  readonly kind: "wire";
  readonly provider: string;
  readonly dialect: Dialect;
  readonly quirks: Quirks;
  /** Operations the vendor serves. */
  readonly operations: ReadonlySet<string>;
  /**
   * Request headers of the caller that are passed on to a vendor of the caller's own dialect; lower
   * case.
   */
  readonly forwardedHeaders: readonly string[];
  /**
   * The same provider in the other dialects it speaks, by their names: a caller who speaks one is
   * not translated.
   */
  readonly alternatives: ReadonlyMap<string, WireOutlet>;
  /**
   * The same provider in dialects that it may speak, by their names: for models alone that have
   * nothing else. Absent: none.
   */
  readonly onDemand?: ReadonlyMap<string, WireOutlet>;
  /**
   * Models that the provider serves otherwise: the first family that has a model's name serves it.
   */
  readonly families: readonly OutletFamily[];
  /**
   * Whether there is more than one credential, and one that is not left alone. Absent: there is one
   * at most.
   */
  readonly hasCredential?: () => boolean;
  /**
   * Sends with the vendor's credential. Settles when the head of the reply is there; throws
   * GatewayErrors only. The abort of `life` cancels the request, also within the reply.
   */
  send(request: WireRequest, life: Life, sender: Sender): Promise<WireAnswer>;
}

/** For whom a request is sent. */
export interface Sender {
  /** The name of the key that calls, by which connections are shared out. */
  readonly key: string | undefined;
  /** Bounds over those of the provider. Undefined: none. */
  readonly timeouts: TargetTimeouts | undefined;
  /** As long as the caller waits for the first token, in milliseconds. Absent: it does not say. */
  readonly firstTokenMs?: number | undefined;
}

/** Models of a provider that it serves in another dialect than its others. */
export interface OutletFamily {
  /** Whether a model, in the vendor's words, is of the family. */
  readonly has: (model: string) => boolean;
  readonly outlet: WireOutlet;
}

/** A frame with the exact bytes it came in. */
export interface RawFrame extends Frame {
  readonly raw: Uint8Array;
  /** The body ended within this frame, so that its data may be a part only. */
  readonly unterminated?: true;
}

/**
 * What a request showed a vendor and no caller may see: credentials, and values of headers that the
 * operator set.
 */
export interface SentSecrets {
  /**
   * At most so many characters of a text, without any of them in any spelling; linear in
   * `maxLength`.
   */
  clean(text: string, maxLength: number): string;
}

/**
 * A vendor's reply. Its body is read once, one way or the other. Reading throws GatewayErrors only.
 */
export interface WireAnswer {
  readonly status: number;
  /** Lower-case names. What of them callers see goes through passed-headers.ts. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * They are not in the body any more. What is made of the rest, and of escapes in the body, is
   * cleaned of them.
   */
  readonly secrets: SentSecrets;
  bytes(): Promise<Uint8Array>;
  /** The body as it comes, where it has no frames. Each chunk is progress. */
  chunks(): AsyncIterator<Uint8Array>;
  /** The frames of each chunk of a stream; ends when the body does. */
  frames(): FlowingIterator<readonly RawFrame[]>;
  /**
   * Reports progress of a stream: its first content, then each chunk with data. Bounds on the time
   * go by it, for a vendor may send comments for ever.
   */
  progressed(): void;
  /**
   * Leaves the credential of the request alone for a while, where the provider has others: it was
   * refused, or has used up its rate. `retryAfterMs`: for how long at least.
   */
  coolCredential?(reason: ErrorReason, retryAfterMs: number | undefined): void;
  /** Drops the connection. Harmless after the end. */
  cancel(): void;
}
