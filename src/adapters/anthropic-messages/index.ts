import type { Dialect, Facade } from "../../core/dialect.ts";
import { countTokens, countTokensFacade } from "./count-tokens.ts";
import { emulation } from "./emulation.ts";
import { decodeError } from "./error.ts";
import { encodeError } from "./facade-error.ts";
import { decodeRequest } from "./facade-request.ts";
import { encodeResponse } from "./facade-response.ts";
import { beginReplyStream, encodeEnd, encodeEvent, encodeStreamError, type FacadeState } from "./facade-stream.ts";
import { chatFidelity } from "./fidelity.ts";
import { passthrough } from "./passthrough.ts";
import { encodeRequest } from "./request.ts";
import { decodeResponse } from "./response.ts";
import { begin, decodeEvent, end, type StreamState } from "./stream.ts";
import { accepts } from "./tool-id.ts";
import { DIALECT } from "./wire.ts";

/** We call a vendor that speaks the Anthropic Messages API. */
export const anthropicMessages: Dialect<StreamState> = {
  name: DIALECT,
  fidelity: { chat: chatFidelity },
  forwardedHeaders: ["anthropic-version", "anthropic-beta"],
  demandsMaxTokens: true,
  encodeRequest,
  decodeResponse,
  begin,
  decodeEvent,
  end,
  decodeError,
  countTokens,
  emulation,
  passthrough: { ...passthrough, accepts },
};

/** A client of the Anthropic Messages API calls us. */
export const anthropicMessagesFacade: Facade<FacadeState> = {
  name: DIALECT,
  requestIdHeader: "request-id",
  decodeRequest,
  encodeResponse,
  begin: beginReplyStream,
  encodeEvent,
  encodeEnd,
  encodeStreamError,
  encodeError,
  countTokens: countTokensFacade,
};
