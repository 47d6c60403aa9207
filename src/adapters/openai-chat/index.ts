import type { Dialect, Facade } from "../../core/dialect.ts";
import type { Quirks } from "../../core/quirks.ts";
import { createRerank } from "../rerank/create-rerank.ts";
import { declareRerank } from "../rerank/fidelity.ts";
import { chatClient, jsonCodec, unaryClient } from "../shared/json-codec.ts";
import { arranged } from "../turns/arrange-turns.ts";
import { decodeEmbedRequest, encodeEmbedResponse } from "./client/embed.ts";
import { encodeError } from "./client/error.ts";
import {
  DEFAULT_MODERATION_MODEL,
  decodeModerateRequest,
  encodeModerateResponse,
} from "./client/moderate.ts";
import { decodeRequest, plainTexts } from "./client/request.ts";
import { encodeResponse } from "./client/response.ts";
import {
  begin as beginFacade,
  encodeEnd,
  encodeEvent,
  encodeStreamError,
  wantsUsage,
} from "./client/stream.ts";
import type { FacadeStreamState } from "./client/stream-state.ts";
import { emulation } from "./emulation.ts";
import { chatFidelity, embedFidelity } from "./fidelity.ts";
import { moderateFidelity } from "./moderate-fidelity.ts";
import { passthrough } from "./passthrough.ts";
import { turnRules } from "./turn-rules.ts";
import { decodeEmbedResponse, encodeEmbedRequest } from "./vendor/embed.ts";
import { decodeError } from "./vendor/error.ts";
import { decodeModerateResponse, encodeModerateRequest } from "./vendor/moderate.ts";
import { encodeRequest } from "./vendor/request.ts";
import { decodeResponse } from "./vendor/response.ts";
import { chunkFault, decodeEvent, end } from "./vendor/stream.ts";
import { begin, type ChatStreamState } from "./vendor/stream-state.ts";
import { type ChatQuirks, HEARTBEAT, NAME } from "./wire.ts";

/**
 * What becomes of the fields of a rerank request: most vendors take Jina's shape, some take
 * Voyage's.
 */
const rerankFidelity = declareRerank({
  dialect: NAME,
  shapes: ["jina", "voyage"],
  former: false,
});

/**
 * OpenAI's Chat Completions and Embeddings, as OpenAI and the vendors compatible with it serve them
 * (https://platform.openai.com/docs/api-reference/chat).
 */
export const openAiChat: Dialect<ChatStreamState, ChatQuirks & Quirks> = {
  name: NAME,
  fidelity: {
    chat: chatFidelity,
    embed: embedFidelity,
    rerank: rerankFidelity.all,
    moderate: moderateFidelity,
  },
  forwardedHeaders: ["openai-beta"],
  codecs: {
    chat: jsonCodec({
      encodeRequest: arranged(turnRules, encodeRequest),
      decodeResponse: (json, _, options) => decodeResponse(json, options),
      stream: { begin, decodeEvent, end },
    }),
    embed: jsonCodec({
      encodeRequest: encodeEmbedRequest,
      decodeResponse: (json, _, { quirks }) => decodeEmbedResponse(json, quirks),
    }),
    rerank: createRerank({
      name: NAME,
      fidelity: rerankFidelity,
      path: "/rerank",
      shape: "jina",
      readFault: (reply) => chunkFault(reply, ""),
    }),
    moderate: jsonCodec({
      encodeRequest: encodeModerateRequest,
      decodeResponse: (json) => decodeModerateResponse(json),
    }),
  },
  decodeError,
  emulation,
  passthrough,
};

/** The same API, served to OpenAI's own clients. */
export const openAiChatFacade: Facade<FacadeStreamState> = {
  name: NAME,
  parameters: {
    temperature: [["temperature"]],
    max_tokens: [["max_tokens"], ["max_completion_tokens"]],
    top_p: [["top_p"]],
    reasoning_effort: [["reasoning_effort"], ["reasoning", "effort"]],
    seed: [["seed"]],
  },
  boundPlaces: { tokens: ["max_completion_tokens", "max_tokens"], choices: "n" },
  plainTexts,
  heartbeat: HEARTBEAT,
  wantsUsage,
  codecs: {
    chat: chatClient({
      decodeRequest,
      encodeResponse,
      stream: { begin: beginFacade, encodeEvent, encodeEnd, encodeStreamError },
    }),
    embed: unaryClient({ decodeRequest: decodeEmbedRequest, encodeResponse: encodeEmbedResponse }),
    moderate: {
      ...unaryClient({
        decodeRequest: decodeModerateRequest,
        encodeResponse: encodeModerateResponse,
      }),
      defaultModel: DEFAULT_MODERATION_MODEL,
    },
  },
  encodeError,
};
