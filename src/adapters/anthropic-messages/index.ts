import type { Dialect, Facade } from "../../core/dialect.ts";
import { type RetellingState, retellingClient } from "../foreign/retelling-client.ts";
import { chatClient, jsonCodec } from "../shared/json-codec.ts";
import { arranged } from "../turns/arrange-turns.ts";
import { encodeError, rateHeaders, ratePrefix } from "./client/error.ts";
import { decodeRequest } from "./client/request.ts";
import { encodeResponse } from "./client/response.ts";
import { searchWords } from "./client/search-words.ts";
import {
  beginReplyStream,
  encodeEnd,
  encodeEvent,
  encodeStreamError,
  type FacadeState,
} from "./client/stream.ts";
import { countTokens, countTokensFacade } from "./count-tokens.ts";
import { emulation } from "./emulation.ts";
import { chatFidelity } from "./fidelity.ts";
import { passthrough } from "./passthrough.ts";
import { turnRules } from "./turn-rules.ts";
import { decodeError } from "./vendor/error.ts";
import { encodeRequest } from "./vendor/request.ts";
import { decodeResponse } from "./vendor/response.ts";
import { begin, begun, decodeEvent, end, keepsAlive, type StreamState } from "./vendor/stream.ts";
import { API_VERSION, DIALECT } from "./wire.ts";

/** We call a vendor that speaks the Anthropic Messages API. */
export const anthropicMessages: Dialect<StreamState> = {
  name: DIALECT,
  fidelity: { chat: chatFidelity },
  forwardedHeaders: ["anthropic-version", "anthropic-beta"],
  listHeaders: ["anthropic-version", API_VERSION],
  demandsMaxTokens: true,
  fitsThinking: true,
  codecs: {
    chat: jsonCodec({
      encodeRequest: arranged(turnRules, encodeRequest),
      decodeResponse,
      stream: { begin, decodeEvent, keepsAlive, begun, end },
    }),
    count_tokens: countTokens,
  },
  decodeError,
  emulation,
  passthrough,
};

/** A client of the Anthropic Messages API calls us. */
export const anthropicMessagesFacade: Facade<RetellingState<FacadeState>> = {
  name: DIALECT,
  parameters: {
    temperature: [["temperature"]],
    max_tokens: [["max_tokens"]],
    top_p: [["top_p"]],
  },
  boundPlaces: { tokens: ["max_tokens"] },
  // https://platform.claude.com/docs/en/build-with-claude/streaming#ping-events
  heartbeat: 'event: ping\ndata: {"type": "ping"}\n\n',
  requestIdHeader: "request-id",
  rates: { prefix: ratePrefix, headers: rateHeaders },
  codecs: {
    chat: chatClient(
      retellingClient(
        {
          decodeRequest,
          encodeResponse,
          stream: { begin: beginReplyStream, encodeEvent, encodeEnd, encodeStreamError },
        },
        searchWords,
      ),
    ),
    count_tokens: countTokensFacade,
  },
  encodeError,
};
