import type { Dialect, Facade } from "../../core/dialect.ts";
import { chatClient, jsonCodec } from "../shared/json-codec.ts";
import { embedFacade } from "./client/embed.ts";
import { encodeError } from "./client/error.ts";
import { countTokensFacade, decodeRequest } from "./client/request.ts";
import { encodeResponse } from "./client/response.ts";
import {
  beginReplyStream,
  encodeEnd,
  encodeEvent,
  encodeStreamError,
  type FacadeState,
} from "./client/stream.ts";
import { countTokens } from "./count-tokens.ts";
import { emulation } from "./emulation.ts";
import { chatFidelity, embedFidelity } from "./fidelity.ts";
import { passthrough } from "./passthrough.ts";
import { embed } from "./vendor/embed.ts";
import { decodeError } from "./vendor/error.ts";
import { encodeRequest } from "./vendor/request.ts";
import { decodeResponse } from "./vendor/response.ts";
import { decodeEvent, end } from "./vendor/stream.ts";
import { begin, type StreamState } from "./vendor/stream-state.ts";
import { DIALECT } from "./wire.ts";

/**
 * We call a vendor that speaks the Gemini API: Google AI Studio or, with the quirk `vertex`, Vertex
 * AI.
 */
export const gemini: Dialect<StreamState> = {
  name: DIALECT,
  fidelity: { chat: chatFidelity, embed: embedFidelity },
  forwardedHeaders: [
    "x-goog-user-project",
    "x-vertex-ai-llm-request-type",
    "x-vertex-ai-llm-shared-request-type",
  ],
  fitsThinking: true,
  codecs: {
    chat: jsonCodec({
      encodeRequest,
      decodeResponse,
      stream: { begin, decodeEvent, end },
    }),
    embed,
    count_tokens: countTokens,
  },
  decodeError,
  emulation,
  passthrough,
};

/** A client of the Gemini API calls us. */
export const geminiFacade: Facade<FacadeState> = {
  name: DIALECT,
  codecs: {
    chat: chatClient({
      decodeRequest,
      encodeResponse,
      stream: { begin: beginReplyStream, encodeEvent, encodeEnd, encodeStreamError },
    }),
    embed: embedFacade,
    count_tokens: countTokensFacade,
  },
  encodeError,
};
