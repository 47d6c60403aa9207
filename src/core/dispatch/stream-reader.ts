import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { parseJson } from "../../json/json.ts";
import type { Fault } from "../faults/fault.ts";
import type { RawFrame } from "../target/outlet.ts";

/** What a reader makes of the frames of one chunk, and of their end. */
export interface StreamReader<T> {
  /**
   * Undefined where the chunk holds nothing for the caller, and until the first content, which
   * comes with all before it.
   */
  read(frames: readonly RawFrame[]): T | undefined;
  /** What is still due when the body has ended. */
  end(): T | undefined;
  /** What broke the stream off. What was read before it is still handed on first. */
  fault(): Fault | undefined;
  usage(): Usage | undefined;
  /** The model that answers, in the vendor's words; "": it has not been said. */
  model(): string;
}

/**
 * Whether the body broke off within this frame, so that its data is half a JSON text: no more than
 * a sign of the cut.
 */
export function isTorn(frame: RawFrame): boolean {
  return frame.unterminated === true && frame.data[0] === openBrace && !parseJson(frame.data).ok;
}

const openBrace = 0x7b;
