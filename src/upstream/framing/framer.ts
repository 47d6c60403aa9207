import { asBuffer } from "../../json/json.ts";
import { UpstreamError } from "../upstream-error.ts";
import {
  DEFAULT_MAX_EVENT_BYTES,
  type Frame,
  type FrameLimits,
  type FrameParser,
} from "./frame.ts";

/** Finds ends of frames in consecutive chunks, remembering what it must across a cut. */
export interface BoundaryScanner {
  /**
   * The offset past the first frame end at or after `from`; -1 when the chunk ends first. May be
   * `from` itself: the frame ended with the last chunk.
   */
  next(chunk: Buffer, from: number): number;
  /**
   * Whether the bytes since the last reported end are a whole frame, when no more bytes will come.
   */
  complete(): boolean;
}

/** How frames end, and how one is read. */
export interface FrameRules {
  readonly scanner: BoundaryScanner;
  readonly readFrame: (raw: Buffer, first: boolean) => Frame;
  /**
   * Reads a chunk that begins with a frame and is nothing but whole frames of a common form, faster
   * than the others do together; undefined where it is anything else.
   */
  readonly readChunk?: (chunk: Buffer) => readonly Frame[] | undefined;
}

/**
 * A frame parser out of a boundary rule and a rule that reads one whole frame. Frames within one
 * chunk are not copied.
 */
export function createFramer(
  { scanner, readFrame, readChunk }: FrameRules,
  limits?: FrameLimits,
): FrameParser {
  const maxBytes = limits?.maxEventBytes ?? DEFAULT_MAX_EVENT_BYTES;
  let held: Buffer[] = [];
  let heldBytes = 0;
  let first = true;
  let failure: UpstreamError | undefined;

  const take = (tail: Buffer): Frame => {
    const raw = heldBytes === 0 ? tail : Buffer.concat([...held, tail]);
    held = [];
    heldBytes = 0;
    const frame = readFrame(raw, first);
    first = false;
    return frame;
  };
  const tooLarge = (size: number): boolean => {
    if (size <= maxBytes) return false;
    failure = new UpstreamError(
      "too_large",
      `an event of the stream is larger than ${maxBytes} bytes`,
    );
    held = [];
    heldBytes = 0;
    return true;
  };
  const hold = (rest: Buffer): void => {
    if (rest.length === 0) return;
    held.push(rest);
    heldBytes += rest.length;
  };
  const cut = (chunk: Buffer): Frame[] => {
    const frames: Frame[] = [];
    let start = 0;
    for (let end = scanner.next(chunk, start); end !== -1; end = scanner.next(chunk, start)) {
      if (tooLarge(heldBytes + end - start)) return frames;
      frames.push(take(chunk.subarray(start, end)));
      start = end;
    }
    if (!tooLarge(heldBytes + chunk.length - start))
      hold(start === 0 ? chunk : chunk.subarray(start));
    return frames;
  };

  return {
    push(chunk) {
      if (failure !== undefined) throw failure;
      const bytes = asBuffer(chunk);
      if (heldBytes === 0 && bytes.length > 0 && bytes.length <= maxBytes) {
        const whole = readChunk?.(bytes);
        first &&= whole === undefined;
        if (whole !== undefined) return whole;
      }
      const frames = cut(bytes);
      if (failure !== undefined && frames.length === 0) throw failure;
      return frames;
    },
    end() {
      if (failure !== undefined) throw failure;
      if (heldBytes === 0) return [];
      const frame = take(Buffer.alloc(0));
      return [scanner.complete() ? frame : { ...frame, unterminated: true }];
    },
  };
}
