import type { Dialect, Facade } from "../../core/dialect.ts";
import { chatClient, jsonCodec } from "../shared/json-codec.ts";
import { arranged } from "../turns/arrange-turns.ts";
import { encodeError, errorHeaders } from "./client/error.ts";
import { decodeRequest } from "./client/request.ts";
import { encodeResponse } from "./client/response.ts";
import {
  beginReplyStream,
  encodeEnd,
  encodeEvent,
  encodeStreamError,
  type FacadeState,
} from "./client/stream.ts";
import { frame } from "./client/stream-frames.ts";
import { countTokens, createCountFacade } from "./count-tokens.ts";
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

/**
 * AWS's SDKs call us by Converse, ConverseStream and CountTokens. `messages`: the facade that reads
 * Claude's bodies of InvokeModel.
 */
export function createConverseFacade(messages: Facade): Facade<FacadeState> {
  return {
    name: DIALECT,
    parameters: {
      temperature: [["inferenceConfig", "temperature"]],
      max_tokens: [["inferenceConfig", "maxTokens"]],
      top_p: [["inferenceConfig", "topP"]],
    },
    framing: "eventstream",
    // An event that no SDK knows: docs/decisions/0052-more-of-bedrock-and-vertex-for-clients.md.
    heartbeat: frame("ping", {}),
    requestIdHeader: "x-amzn-requestid",
    replyHeaders: ({ callId }) => ["x-amzn-requestid", callId],
    errorHeaders,
    codecs: {
      chat: chatClient({
        decodeRequest,
        encodeResponse,
        stream: { begin: beginReplyStream, encodeEvent, encodeEnd, encodeStreamError },
      }),
      count_tokens: createCountFacade(messages),
    },
    encodeError,
  };
}
