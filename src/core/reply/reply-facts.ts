import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { OperationName } from "../operation.ts";

/** How long a streamed answer took since the arrival of its call, in whole milliseconds. */
export interface StreamTiming {
  /** Until the first of it was written. */
  readonly firstByteMs: number;
  /** Until its end. */
  readonly latencyMs: number;
}

/** What is known of a reply beside its body. */
export interface ReplyFacts {
  readonly callId: string;
  /** Absent: the answer is streamed. */
  readonly whole?: {
    readonly operation: OperationName;
    /** Undefined: the vendor does not say. */
    readonly usage: Usage | undefined;
    /** From the arrival of the call to the answer, in whole milliseconds. */
    readonly latencyMs: number;
  };
  /** Headers of the vendor's reply that callers may see, lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
}
