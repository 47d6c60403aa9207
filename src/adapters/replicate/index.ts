import type { Dialect, FrameWatch } from "../../core/dialect.ts";
import { jsonCodec } from "../shared/json-codec.ts";
import { decodeError } from "./error.ts";
import { chatFidelity } from "./fidelity.ts";
import { decodeResponse, followUp } from "./prediction.ts";
import { encodeRequest } from "./request.ts";
import { begin, decodeEvent, end, type StreamState } from "./stream.ts";
import { DIALECT, post } from "./wire.ts";

/**
 * We call Replicate, whose models make predictions: an answer may have to be polled until it is
 * there.
 */
export const replicate: Dialect<StreamState> = {
  name: DIALECT,
  fidelity: { chat: chatFidelity },
  forwardedHeaders: [],
  codecs: {
    chat: jsonCodec({
      encodeRequest,
      decodeResponse,
      stream: { begin, decodeEvent, end },
    }),
  },
  decodeError,
  followUp,
  emulation: { singleAnswer: () => true },
  passthrough: {
    // No client of ours speaks it, and a body of its own would not say which model is meant.
    fit: () => "translated",
    request: (_operation, body, { stream }) => post("/predictions", body, stream),
    scanUsage: () => undefined,
    isText: () => true,
    watch,
  },
};

function watch(): FrameWatch {
  let state = begin();
  return {
    see(frame) {
      const step = decodeEvent(state, frame);
      if (!step.ok) return { forward: false, fault: step.fault };
      state = step.state;
      return { forward: true };
    },
    ended: () => state.ended,
    missingEnd: () => "",
  };
}
