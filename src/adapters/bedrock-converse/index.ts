import type { Dialect, Facade } from "../../core/dialect.ts";
import { chatClient, jsonCodec } from "../shared/json-codec.ts";
import { arranged } from "../turns/arrange-turns.ts";
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
import { countTokens } from "./count-tokens.ts";
import { embed } from "./embed/embed.ts";
import { embedFidelity } from "./embed/fidelity.ts";
import { emulation } from "./emulation.ts";
import { chatFidelity } from "./fidelity.ts";
import { passthrough } from "./passthrough.ts";
import { turnRules } from "./turn-rules.ts";
import { decodeError } from "./vendor/error.ts";
import { encodeRequest } from "./vendor/request.ts";
import { decodeResponse } from "./vendor/response.ts";
import { begin, begun, decodeEvent, end, type StreamState } from "./vendor/stream.ts";
import { DIALECT } from "./wire.ts";

/**
 * We call Amazon Bedrock: Converse, ConverseStream, CountTokens, and InvokeModel for embeddings.
 */
export const bedrockConverse: Dialect<StreamState> = {
  name: DIALECT,
  fidelity: { chat: chatFidelity, embed: embedFidelity },
  forwardedHeaders: [],
  fitsThinking: true,
  codecs: {
    chat: jsonCodec({
      encodeRequest: arranged(turnRules, encodeRequest),
      decodeResponse: (json, bytes, { model }) => decodeResponse(json, bytes, model),
      stream: { begin, decodeEvent, begun, end },
    }),
    embed,
    count_tokens: countTokens,
  },
  decodeError,
  emulation,
  passthrough,
};

/** AWS's SDKs call us by Converse and ConverseStream. */
export const converseFacade: Facade<FacadeState> = {
  name: DIALECT,
  framing: "eventstream",
  requestIdHeader: "x-amzn-requestid",
  codecs: {
    chat: chatClient({
      decodeRequest,
      encodeResponse,
      stream: { begin: beginReplyStream, encodeEvent, encodeEnd, encodeStreamError },
    }),
  },
  encodeError,
};
