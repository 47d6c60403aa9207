import { crc32 } from "node:zlib";
import { asBuffer } from "../../json/json.ts";
import { UpstreamError } from "../upstream-error.ts";
import { readEventStreamMessage } from "./event-stream-message.ts";
import {
  DEFAULT_MAX_EVENT_BYTES,
  type Frame,
  type FrameLimits,
  type FrameParser,
} from "./frame.ts";

/** Total length, length of the headers, and the checksum of these two. */
const PRELUDE_BYTES = 12;

/** A prelude, no headers, no payload, and the checksum of the message. */
const MIN_BYTES = 16;

/**
 * Parses AWS event streams (`application/vnd.amazon.eventstream`). Both checksums of every message
 * are verified: a broken one fails the stream as `protocol`, once the frames before it have been
 * handed out, for nothing after it can be trusted. A frame's `event` is the `:event-type`; for
 * messages of type exception it is `exception:` and the `:exception-type`, and for those of type
 * error `error:` and the `:error-code`, with `{"message": ...}` as data. Bytes after the last whole
 * message come as an `unterminated` frame without data. See
 * https://smithy.io/2.0/aws/amazon-eventstream.html.
 */
export function createEventStreamParser(limits?: FrameLimits): FrameParser {
  const maxBytes = limits?.maxEventBytes ?? DEFAULT_MAX_EVENT_BYTES;
  let held: Buffer[] = [];
  let heldBytes = 0;
  /** Length of the message that has begun; 0 while its prelude is not whole. */
  let wanted = 0;
  let failure: UpstreamError | undefined;

  const fail = (error: UpstreamError): void => {
    failure = error;
    held = [];
    heldBytes = 0;
  };
  const gather = (): Buffer => {
    const [first] = held;
    const whole = held.length === 1 && first !== undefined ? first : Buffer.concat(held);
    held = [whole];
    return whole;
  };
  /**
   * Learns the length of the next message once its prelude is in; false when it must wait or has
   * failed.
   */
  const measure = (): boolean => {
    if (wanted > 0) return true;
    if (heldBytes < PRELUDE_BYTES) return false;
    const length = readLength(gather(), maxBytes);
    if (length instanceof UpstreamError) fail(length);
    else wanted = length;
    return wanted > 0;
  };
  const take = (): Frame | undefined => {
    if (!measure() || heldBytes < wanted) return undefined;
    const whole = gather();
    const frame = readFrame(whole.subarray(0, wanted));
    if (frame instanceof UpstreamError) {
      fail(frame);
      return undefined;
    }
    held = heldBytes === wanted ? [] : [whole.subarray(wanted)];
    heldBytes -= wanted;
    wanted = 0;
    return frame;
  };

  return {
    push(chunk) {
      if (failure !== undefined) throw failure;
      if (chunk.length > 0) held.push(asBuffer(chunk));
      heldBytes += chunk.length;
      const frames: Frame[] = [];
      for (let frame = take(); frame !== undefined; frame = take()) frames.push(frame);
      if (failure !== undefined && frames.length === 0) throw failure;
      return frames;
    },
    end() {
      if (failure !== undefined) throw failure;
      if (heldBytes === 0) return [];
      const raw = gather();
      held = [];
      heldBytes = 0;
      return [{ event: "", data: raw.subarray(raw.length), raw, unterminated: true }];
    },
  };
}

/**
 * The length of a message by its prelude, whose checksum guards against waiting for bytes that were
 * never announced.
 */
function readLength(bytes: Buffer, maxBytes: number): number | UpstreamError {
  if (crc32(bytes.subarray(0, 8)) !== bytes.readUInt32BE(8))
    return broken("the checksum of a prelude does not match");
  const total = bytes.readUInt32BE(0);
  if (total < MIN_BYTES + bytes.readUInt32BE(4))
    return broken("a message is shorter than its headers");
  if (total <= maxBytes) return total;
  return new UpstreamError("too_large", `an event of the stream is larger than ${maxBytes} bytes`);
}

function readFrame(raw: Buffer): Frame | UpstreamError {
  const checked = raw.length - 4;
  if (crc32(raw.subarray(0, checked)) !== raw.readUInt32BE(checked)) {
    return broken("the checksum of a message does not match");
  }
  const headersEnd = PRELUDE_BYTES + raw.readUInt32BE(4);
  const message = readEventStreamMessage(
    raw.subarray(PRELUDE_BYTES, headersEnd),
    raw.subarray(headersEnd, checked),
  );
  return message === undefined
    ? broken("the headers of a message cannot be read")
    : { ...message, raw };
}

function broken(what: string): UpstreamError {
  return new UpstreamError("protocol", `the event stream is broken: ${what}`);
}
