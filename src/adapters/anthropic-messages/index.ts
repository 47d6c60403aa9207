import type { Dialect, Facade } from "../../core/dialect.ts";
import type { Emulation } from "../../core/emulation.ts";
import { chatClient, jsonCodec } from "../shared/json-codec.ts";
import { encodeError } from "./client/error.ts";
import { decodeRequest } from "./client/request.ts";
import { encodeResponse } from "./client/response.ts";
import {
  beginReplyStream,
  encodeEnd,
  encodeEvent,
  encodeStreamError,
  type FacadeState,
} from "./client/stream.ts";
import { countTokens, countTokensFacade } from "./count-tokens.ts";
import { chatFidelity } from "./fidelity.ts";
import { passthrough } from "./passthrough.ts";
import { decodeError } from "./vendor/error.ts";
import { encodeRequest } from "./vendor/request.ts";
import { decodeResponse } from "./vendor/response.ts";
import { begin, begun, decodeEvent, end, keepsAlive, type StreamState } from "./vendor/stream.ts";
import { DIALECT } from "./wire.ts";

/** One answer a call: there is no `n` (https://platform.claude.com/docs/en/api/messages). */
const emulation: Emulation = {
  singleAnswer: () => true,
};

/** We call a vendor that speaks the Anthropic Messages API. */
export const anthropicMessages: Dialect<StreamState> = {
  name: DIALECT,
  fidelity: { chat: chatFidelity },
  forwardedHeaders: ["anthropic-version", "anthropic-beta"],
  demandsMaxTokens: true,
  fitsThinking: true,
  codecs: {
    chat: jsonCodec({
      encodeRequest,
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
export const anthropicMessagesFacade: Facade<FacadeState> = {
  name: DIALECT,
  requestIdHeader: "request-id",
  codecs: {
    chat: chatClient({
      decodeRequest,
      encodeResponse,
      stream: { begin: beginReplyStream, encodeEvent, encodeEnd, encodeStreamError },
    }),
    count_tokens: countTokensFacade,
  },
  encodeError,
};
