import type { Dialect } from "../../core/dialect.ts";
import type { Emulation } from "../../core/emulation.ts";
import { jsonCodec } from "../shared/json-codec.ts";
import { countTokens } from "./count-tokens.ts";
import { decodeError } from "./error.ts";
import { chatFidelity } from "./fidelity.ts";
import { passthrough } from "./passthrough.ts";
import { encodeRequest } from "./request.ts";
import { decodeResponse } from "./response.ts";
import { begin, decodeEvent, end, type StreamState } from "./stream.ts";
import { DIALECT } from "./wire.ts";

/**
 * One answer a call: `best_of` draws several and keeps one
 * (https://huggingface.co/docs/text-generation-inference).
 */
const emulation: Emulation = {
  singleAnswer: () => true,
};

/**
 * We call a server that speaks the native API of Text Generation Inference. Where the model has a
 * chat template, the server's OpenAI endpoint serves it better; this is for models without one and
 * for prompts that callers make themselves.
 */
export const huggingfaceTgi: Dialect<StreamState> = {
  name: DIALECT,
  fidelity: { chat: chatFidelity },
  forwardedHeaders: [],
  codecs: {
    chat: jsonCodec({
      encodeRequest,
      decodeResponse,
      stream: { begin, decodeEvent, end },
    }),
    count_tokens: countTokens,
  },
  decodeError,
  emulation,
  passthrough,
};
