import type { Dialect, Facade } from "../../core/dialect.ts";
import { encodeError } from "../openai-chat/client/error.ts";
import { decodeError } from "../openai-chat/vendor/error.ts";
import { decodeRequest } from "./client/request.ts";
import { encodeResponse } from "./client/response.ts";
import { beginReplyStream, encodeEnd, encodeEvent, encodeStreamError } from "./client/stream.ts";
import { countTokens, countTokensFacade } from "./count-tokens.ts";
import { emulation } from "./emulation.ts";
import type { FacadeState } from "./facade-state.ts";
import { chatFidelity } from "./fidelity.ts";
import { passthrough } from "./passthrough.ts";
import { encodeRequest } from "./vendor/request.ts";
import { decodeResponse } from "./vendor/response.ts";
import { begin, begun, decodeEvent, end, keepsAlive, type StreamState } from "./vendor/stream.ts";
import { accepts } from "./vendor/tool-id.ts";
import { DIALECT } from "./wire.ts";

/**
 * We call a vendor that speaks the OpenAI Responses API. Error replies are those of the vendor's
 * other APIs.
 */
export const openAiResponses: Dialect<StreamState> = {
  name: DIALECT,
  fidelity: { chat: chatFidelity },
  forwardedHeaders: ["openai-beta"],
  encodeRequest,
  decodeResponse,
  begin,
  decodeEvent,
  keepsAlive,
  begun,
  end,
  decodeError,
  countTokens,
  emulation,
  passthrough: { ...passthrough, accepts },
};

/** A client of the OpenAI Responses API calls us. */
export const openAiResponsesFacade: Facade<FacadeState> = {
  name: DIALECT,
  decodeRequest,
  encodeResponse,
  begin: beginReplyStream,
  encodeEvent,
  encodeEnd,
  encodeStreamError,
  encodeError,
  countTokens: countTokensFacade,
};
