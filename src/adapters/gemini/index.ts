import type { Dialect, Facade } from "../../core/dialect.ts";
import { chatClient, jsonCodec } from "../shared/json-codec.ts";
import { arranged } from "../turns/arrange-turns.ts";
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
import { turnRules } from "./turn-rules.ts";
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
      encodeRequest: arranged(turnRules, encodeRequest),
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
  parameters: {
    temperature: [["generationConfig", "temperature"]],
    max_tokens: [["generationConfig", "maxOutputTokens"]],
    top_p: [["generationConfig", "topP"]],
    seed: [["generationConfig", "seed"]],
  },
  // The end of an event that holds nothing. The SDKs for Python and Go take a comment for a broken
  // chunk (google/genai/_api_client.py and api_client.go of googleapis/go-genai, 2026-11).
  heartbeat: "\n\n",
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
