import type { Dialect } from "../../core/dialect.ts";
import { decodeEmbedResponse, encodeEmbedRequest } from "./embed.ts";
import { decodeError } from "./error.ts";
import { passthrough } from "./passthrough.ts";
import { encodeRequest } from "./request.ts";
import { decodeResponse } from "./response.ts";
import { begin, decodeEvent, end, type StreamState } from "./stream.ts";
import { DIALECT } from "./wire.ts";

/** We call a server that speaks Ollama's native API (https://docs.ollama.com/api). */
export const ollama: Dialect<StreamState> = {
  name: DIALECT,
  forwardedHeaders: [],
  encodeRequest,
  decodeResponse,
  begin,
  decodeEvent,
  end,
  decodeError,
  embed: { encodeRequest: encodeEmbedRequest, decodeResponse: decodeEmbedResponse },
  passthrough,
};
