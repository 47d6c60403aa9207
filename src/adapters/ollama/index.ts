import type { Dialect, Facade } from "../../core/dialect.ts";
import { type Emulation, functionsOnly } from "../../core/emulation.ts";
import type { MediaKind } from "../../core/media.ts";
import { chatClient, jsonCodec, unaryClient } from "../shared/json-codec.ts";
import { arranged } from "../turns/arrange-turns.ts";
import {
  decodeEmbedRequest,
  decodePromptRequest,
  encodeEmbedResponse,
  encodePromptResponse,
} from "./client/embed.ts";
import { encodeError } from "./client/error.ts";
import { decodePrompt, decodeRequest } from "./client/request.ts";
import { encodeResponse } from "./client/response.ts";
import {
  begin as beginReply,
  encodeEnd,
  encodeEvent,
  encodeStreamError,
  type FacadeState,
} from "./client/stream.ts";
import { chatFidelity, embedFidelity } from "./fidelity.ts";
import { passthrough } from "./passthrough.ts";
import { turnRules } from "./turn-rules.ts";
import { decodeEmbedResponse, encodeEmbedRequest } from "./vendor/embed.ts";
import { decodeError } from "./vendor/error.ts";
import { encodeRequest } from "./vendor/request.ts";
import { decodeResponse } from "./vendor/response.ts";
import { decodeEvent, end } from "./vendor/stream.ts";
import { begin, type StreamState } from "./vendor/stream-state.ts";
import { DIALECT } from "./wire.ts";

const seenAndHeard: ReadonlySet<MediaKind> = new Set(["image", "audio"]);

/**
 * Pictures and sound are base64 in `images`, and there is one answer a call:
 * https://docs.ollama.com/api/chat.
 */
const emulation: Emulation = {
  lacksToolForms: () => functionsOnly,
  bytesOnly: (operation) => (operation === "embed" ? undefined : seenAndHeard),
  singleAnswer: () => true,
};

/** We call a server that speaks Ollama's native API (https://docs.ollama.com/api). */
export const ollama: Dialect<StreamState> = {
  name: DIALECT,
  forwardedHeaders: [],
  fidelity: { chat: chatFidelity, embed: embedFidelity },
  codecs: {
    chat: jsonCodec({
      encodeRequest: arranged(turnRules, encodeRequest),
      decodeResponse,
      stream: { begin, decodeEvent, end },
    }),
    embed: jsonCodec({
      encodeRequest: encodeEmbedRequest,
      decodeResponse: decodeEmbedResponse,
    }),
  },
  decodeError,
  emulation,
  passthrough,
};

/** A client of the native API calls us at `/api/chat` or `/api/embed`. */
export const ollamaFacade: Facade<FacadeState> = {
  name: DIALECT,
  parameters: {
    temperature: [["options", "temperature"]],
    max_tokens: [["options", "num_predict"]],
    top_p: [["options", "top_p"]],
    seed: [["options", "seed"]],
  },
  // White space before the next line's JSON. An empty line is an error to the clients for Python
  // and Go, which parse each line.
  heartbeat: " ",
  framing: "ndjson",
  codecs: {
    chat: chatClient({
      decodeRequest,
      encodeResponse: (completion, context) => encodeResponse("chat", completion, context),
      stream: {
        begin: (context) => beginReply("chat", context),
        encodeEvent,
        encodeEnd,
        encodeStreamError,
      },
    }),
    embed: unaryClient({ decodeRequest: decodeEmbedRequest, encodeResponse: encodeEmbedResponse }),
  },
  encodeError,
};

/** A client of the native API calls us at `/api/generate` or the former `/api/embeddings`. */
export const ollamaGenerateFacade: Facade<FacadeState> = {
  ...ollamaFacade,
  codecs: {
    chat: chatClient({
      decodeRequest: decodePrompt,
      encodeResponse: (completion, context) => encodeResponse("generate", completion, context),
      stream: {
        begin: (context) => beginReply("generate", context),
        encodeEvent,
        encodeEnd,
        encodeStreamError,
      },
    }),
    embed: unaryClient({
      decodeRequest: decodePromptRequest,
      encodeResponse: encodePromptResponse,
    }),
  },
};
