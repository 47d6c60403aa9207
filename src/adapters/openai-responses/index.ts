import type { Completion } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Dialect, Facade, FacadeContext } from "../../core/dialect.ts";
import { type Emulation, functionsOnly } from "../../core/emulation.ts";
import type { MediaKind } from "../../core/media.ts";
import { usualToolNames } from "../../core/names/tool-names.ts";
import { explode } from "../../events/explode.ts";
import { writeJson } from "../../json/write.ts";
import { type RetellingState, retellingClient } from "../foreign/retelling-client.ts";
import { encodeError } from "../openai-chat/client/error.ts";
import { decodeError } from "../openai-chat/vendor/error.ts";
import { HEARTBEAT } from "../openai-chat/wire.ts";
import { chatClient, jsonCodec } from "../shared/json-codec.ts";
import { holdsToolForms } from "../tools/holds-tool-forms.ts";
import { arranged } from "../turns/arrange-turns.ts";
import { decodeRequest } from "./client/request.ts";
import { searchWords } from "./client/search-words.ts";
import {
  beginReplyStream,
  encodeEnd,
  encodeEvent,
  encodeStreamError,
  endResponse,
  passed,
  place,
} from "./client/stream.ts";
import { createState, type FacadeState } from "./client/stream-state.ts";
import { countTokens, countTokensFacade } from "./count-tokens.ts";
import { chatFidelity } from "./fidelity.ts";
import { passthrough } from "./passthrough.ts";
import { turnRules } from "./turn-rules.ts";
import { encodeRequest } from "./vendor/request.ts";
import { decodeResponse } from "./vendor/response.ts";
import { begin, begun, decodeEvent, end, keepsAlive, type StreamState } from "./vendor/stream.ts";
import { DIALECT, readQuirks } from "./wire.ts";

const sound: ReadonlySet<MediaKind> = new Set(["audio"]);

/**
 * One answer a call, and sound only as data:
 * https://platform.openai.com/docs/api-reference/responses/create.
 */
const emulation: Emulation = {
  holdsToolForms,
  lacksToolForms: (_model, quirks) => (readQuirks(quirks).customTools ? undefined : functionsOnly),
  bytesOnly: () => sound,
  singleAnswer: () => true,
  toolNames: () => usualToolNames,
};

/**
 * We call a vendor that speaks the OpenAI Responses API. Error replies are those of the vendor's
 * other APIs.
 */
export const openAiResponses: Dialect<StreamState> = {
  name: DIALECT,
  fidelity: { chat: chatFidelity },
  forwardedHeaders: ["openai-beta"],
  codecs: {
    chat: jsonCodec({
      encodeRequest: arranged(turnRules, encodeRequest),
      decodeResponse,
      stream: { begin, decodeEvent, keepsAlive, begun, end },
    }),
    count_tokens: countTokens,
  },
  decodeError,
  emulation,
  passthrough,
};

/** A client of the OpenAI Responses API calls us. */
export const openAiResponsesFacade: Facade<RetellingState<FacadeState>> = {
  name: DIALECT,
  parameters: {
    temperature: [["temperature"]],
    max_tokens: [["max_output_tokens"]],
    top_p: [["top_p"]],
    reasoning_effort: [["reasoning", "effort"]],
  },
  boundPlaces: { tokens: ["max_output_tokens"] },
  heartbeat: HEARTBEAT,
  codecs: {
    chat: chatClient(
      retellingClient(
        {
          decodeRequest,
          encodeResponse,
          stream: { begin: beginReplyStream, encodeEvent, encodeEnd, passed, encodeStreamError },
        },
        searchWords,
      ),
    ),
    count_tokens: countTokensFacade,
  },
  encodeError,
};

/**
 * A whole answer as the vendor writes it: what a stream of it would end with. With n > 1 the first
 * answer is sent.
 */
function encodeResponse(completion: Completion, context: FacadeContext): string {
  const state = createState(context, true);
  for (const event of explode(completion)) place(state, event);
  return writeJson(endResponse(state));
}
