import type { Dialect, Facade } from "../../core/dialect.ts";
import { decodeEmbedResponse, encodeEmbedRequest } from "./embed.ts";
import { emulation } from "./emulation.ts";
import { decodeError } from "./error.ts";
import { decodeEmbedRequest, encodeEmbedResponse } from "./facade-embed.ts";
import { encodeError } from "./facade-error.ts";
import { decodePrompt, decodeRequest } from "./facade-request.ts";
import { encodeResponse } from "./facade-response.ts";
import { begin as beginReply, encodeEnd, encodeEvent, encodeStreamError, type FacadeState } from "./facade-stream.ts";
import { chatFidelity, embedFidelity } from "./fidelity.ts";
import { passthrough } from "./passthrough.ts";
import { encodeRequest } from "./request.ts";
import { decodeResponse } from "./response.ts";
import { begin, decodeEvent, end, type StreamState } from "./stream.ts";
import { DIALECT } from "./wire.ts";

/** We call a server that speaks Ollama's native API (https://docs.ollama.com/api). */
export const ollama: Dialect<StreamState> = {
  name: DIALECT,
  forwardedHeaders: [],
  fidelity: { chat: chatFidelity, embed: embedFidelity },
  encodeRequest,
  decodeResponse,
  begin,
  decodeEvent,
  end,
  decodeError,
  embed: { encodeRequest: encodeEmbedRequest, decodeResponse: decodeEmbedResponse },
  emulation,
  passthrough,
};

/** A client of the native API calls us at `/api/chat` or `/api/embed`. */
export const ollamaFacade: Facade<FacadeState> = {
  name: DIALECT,
  framing: "ndjson",
  decodeRequest,
  encodeResponse: (completion, context) => encodeResponse("chat", completion, context),
  begin: (context) => beginReply("chat", context),
  encodeEvent,
  encodeEnd,
  encodeStreamError,
  encodeError,
  embed: { decodeRequest: decodeEmbedRequest, encodeResponse: encodeEmbedResponse },
};

/** A client of the native API calls us at `/api/generate`. */
export const ollamaGenerateFacade: Facade<FacadeState> = {
  ...ollamaFacade,
  decodeRequest: decodePrompt,
  encodeResponse: (completion, context) => encodeResponse("generate", completion, context),
  begin: (context) => beginReply("generate", context),
};
