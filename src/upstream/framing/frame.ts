/**
 * One frame of a streamed reply. All bytes are views of the stream's chunks wherever a frame lies
 * within one chunk.
 */
export interface Frame {
  /** The SSE event type; "" when absent, and always for framings that have none. */
  readonly event: string;
  /**
   * The payload: SSE data lines joined by LF, or the line without its ending. Empty when the frame
   * is only a comment or a blank line.
   */
  readonly data: Uint8Array;
  /**
   * The frame as it came, with its line ends: all raw parts of a stream put together are the
   * stream.
   */
  readonly raw: Uint8Array;
  /** SSE last event id, when the frame sets one. */
  readonly id?: string;
  /** SSE reconnection time in milliseconds, when the frame sets one. */
  readonly retry?: number;
  /**
   * The stream ended within this frame: nothing marked its end, so the payload may be incomplete.
   */
  readonly unterminated?: true;
}

/**
 * An incremental parser: the frames it gives do not depend on how the stream was cut into chunks.
 */
export interface FrameParser {
  /**
   * The frames that this chunk completes. Throws UpstreamError `too_large` once a frame has
   * outgrown the bound.
   */
  push(chunk: Uint8Array): readonly Frame[];
  /** What is left when the stream has ended: at most one frame. */
  end(): readonly Frame[];
}

/** Bounds for a frame parser. */
export interface FrameLimits {
  /** Largest frame in bytes; default 16 MiB. */
  readonly maxEventBytes?: number;
}

/** Default of FrameLimits.maxEventBytes. */
export const DEFAULT_MAX_EVENT_BYTES = 16 * 1024 * 1024;
