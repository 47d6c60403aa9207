import type { VendorReply } from "../../vendors/vendor-reply.ts";
import type { Wire } from "./wire.ts";

/** One way for a vendor to answer badly. */
export interface Misbehaviour {
  /** In lower case with dashes; a request names it. */
  readonly name: string;
  /** It ends by the gateway's bounds of time alone. */
  readonly slow?: true;
  /** It moves many bytes, so it is played with few vendors. */
  readonly heavy?: true;
  /** It is about streams and says nothing else where none is asked for. */
  readonly streamOnly?: true;
  /**
   * It tells of a failure of the vendor's own, which a caller may be told as a status 500 as well.
   */
  readonly saysFailure?: true;
  /** Plays it; `good` is what a healthy vendor answers. */
  readonly play: (wire: Wire, good: VendorReply) => void | Promise<void>;
}

/** The head of the good reply with another body. */
export function replyWith(
  body: (good: VendorReply, wire: Wire) => Buffer | string,
): Misbehaviour["play"] {
  return (wire, good) => wire.reply(good.status, good.headers, body(good, wire));
}

/** The good reply's bytes. */
export function wholeBody({ frames }: VendorReply): Buffer {
  return Buffer.concat(frames);
}
