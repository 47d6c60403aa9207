import type { Dialect, Facade, Quirks } from "../../core/dialect.ts";
import { createRerank } from "../rerank/create-rerank.ts";
import { decodeEmbedResponse, encodeEmbedRequest } from "./embed.ts";
import { embedFidelity } from "./embed-fidelity.ts";
import { acceptsEmbedBody } from "./embed-shape.ts";
import { emulation } from "./emulation.ts";
import { decodeError } from "./error.ts";
import { decodeEmbedRequest, encodeEmbedResponse } from "./facade-embed.ts";
import { encodeError } from "./facade-error.ts";
import { decodeRequest } from "./facade-request.ts";
import { encodeResponse } from "./facade-response.ts";
import { begin as beginFacade, encodeEnd, encodeEvent, encodeStreamError } from "./facade-stream.ts";
import type { FacadeStreamState } from "./facade-stream-state.ts";
import { chatFidelity } from "./fidelity.ts";
import { passthrough } from "./passthrough.ts";
import { rankings } from "./ranking-fidelity.ts";
import { encodeRequest } from "./request.ts";
import { decodeResponse } from "./response.ts";
import { chunkFault, decodeEvent, end } from "./stream.ts";
import { begin, type ChatStreamState } from "./stream-state.ts";
import { accepts } from "./tool-id.ts";
import { type ChatQuirks, NAME } from "./wire.ts";

/**
 * OpenAI's Chat Completions and Embeddings, as OpenAI and the vendors compatible with it serve them
 * (https://platform.openai.com/docs/api-reference/chat).
 */
export const openAiChat: Dialect<ChatStreamState, ChatQuirks & Quirks> = {
  name: NAME,
  fidelity: { chat: chatFidelity, embed: embedFidelity, rerank: rankings.all },
  forwardedHeaders: ["openai-beta"],
  encodeRequest,
  decodeResponse,
  begin,
  decodeEvent,
  end,
  decodeError,
  embed: { encodeRequest: encodeEmbedRequest, decodeResponse: decodeEmbedResponse },
  rerank: createRerank({
    name: NAME,
    fidelity: rankings,
    path: "/rerank",
    shape: "jina",
    readFault: (reply) => chunkFault(reply, ""),
  }),
  emulation,
  passthrough: {
    ...passthrough,
    accepts: (operation, body, options) =>
      operation === "embed" ? acceptsEmbedBody(body, options.quirks.embedShape) : accepts(operation, body, options),
  },
};

/** The same API, served to OpenAI's own clients. */
export const openAiChatFacade: Facade<FacadeStreamState> = {
  name: NAME,
  decodeRequest,
  encodeResponse,
  begin: beginFacade,
  encodeEvent,
  encodeEnd,
  encodeStreamError,
  encodeError,
  embed: { decodeRequest: decodeEmbedRequest, encodeResponse: encodeEmbedResponse },
};
