import type { Dialect, Facade } from "../../core/dialect.ts";
import { createRerank } from "../rerank/create-rerank.ts";
import { encodeEmbedRequest } from "./embed.ts";
import { decodeEmbedResponse } from "./embed-response.ts";
import { emulation } from "./emulation.ts";
import { decodeError, decodeErrorObject, isErrorObject } from "./error.ts";
import { decodeEmbedRequest, encodeEmbedResponse } from "./facade-embed.ts";
import { encodeError } from "./facade-error.ts";
import { decodeRequest } from "./facade-request.ts";
import { decodeRerankRequest, encodeRerankResponse } from "./facade-rerank.ts";
import { encodeResponse } from "./facade-response.ts";
import { beginReplyStream, encodeEnd, encodeEvent, encodeStreamError, type FacadeState } from "./facade-stream.ts";
import { chatFidelity, embedFidelity, rankings } from "./fidelity.ts";
import { passthrough } from "./passthrough.ts";
import { encodeRequest } from "./request.ts";
import { decodeResponse } from "./response.ts";
import { decodeEvent, end } from "./stream.ts";
import { begin, type StreamState } from "./stream-state.ts";
import { NAME, RERANK_PATH, RERANK_V1_PATH } from "./wire.ts";

/** We call a vendor that speaks Cohere's API, version 2: chats, vectors and rankings. */
export const cohere: Dialect<StreamState> = {
  name: NAME,
  fidelity: { chat: chatFidelity, embed: embedFidelity, rerank: rankings.all },
  forwardedHeaders: ["x-client-name"],
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
    path: RERANK_PATH,
    objectPath: RERANK_V1_PATH,
    shape: "cohere",
    readFault: (reply) => (isErrorObject(reply) ? decodeErrorObject(reply) : undefined),
  }),
  emulation,
  passthrough,
};

/** A client of Cohere's API calls us. */
export const cohereFacade: Facade<FacadeState> = {
  name: NAME,
  decodeRequest,
  encodeResponse,
  begin: beginReplyStream,
  encodeEvent,
  encodeEnd,
  encodeStreamError,
  encodeError,
  embed: { decodeRequest: decodeEmbedRequest, encodeResponse: encodeEmbedResponse },
  rerank: { decodeRequest: decodeRerankRequest, encodeResponse: encodeRerankResponse },
};
