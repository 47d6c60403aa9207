import type { Dialect, Facade } from "../../core/dialect.ts";
import type { Quirks } from "../../core/quirks.ts";
import { encodeError } from "../openai-chat/client/error.ts";
import { encodeResponse as encodeChatResponse } from "../openai-chat/client/response.ts";
import {
  begin as beginChat,
  encodeEnd as encodeChatEnd,
  encodeStreamError as encodeChatError,
  encodeEvent as encodeChatEvent,
  wantsUsage,
} from "../openai-chat/client/stream.ts";
import type { FacadeStreamState } from "../openai-chat/client/stream-state.ts";
import { decodeError } from "../openai-chat/vendor/error.ts";
import { decodeResponse } from "../openai-chat/vendor/response.ts";
import { decodeEvent, end } from "../openai-chat/vendor/stream.ts";
import { begin, type ChatStreamState } from "../openai-chat/vendor/stream-state.ts";
import { type ChatQuirks, HEARTBEAT } from "../openai-chat/wire.ts";
import { chatClient, jsonCodec } from "../shared/json-codec.ts";
import { jsonAnswerFor } from "../tools/json-answer.ts";
import { decodeFimRequest, decodeRequest, partsOf } from "./client/request.ts";
import { encodeResponse } from "./client/response.ts";
import {
  begin as beginFacade,
  type CompletionsStreamState,
  encodeEnd,
  encodeEvent,
  encodeStreamError,
} from "./client/stream.ts";
import { completionsFidelity, fimFidelity } from "./fidelity.ts";
import { givesOneAnswer } from "./fit/fit.ts";
import { completionsPassthrough, fimPassthrough } from "./passthrough.ts";
import { encodeFimRequest } from "./vendor/fim-request.ts";
import { encodeRequest } from "./vendor/request.ts";
import { FIM_NAME, NAME } from "./wire.ts";

/** Answers come in the words of Chat Completions, or as the `text` that its decoder reads too. */
const answers = {
  decodeResponse: (json: Parameters<typeof decodeResponse>[0]) => decodeResponse(json),
  stream: { begin, decodeEvent, end },
};

/**
 * We call a vendor's legacy Completions. Those who send a suffix to fill in before, in the words of
 * the other dialect, are served here too.
 */
export const openAiCompletions: Dialect<ChatStreamState, ChatQuirks & Quirks> = {
  name: NAME,
  fidelity: { chat: completionsFidelity },
  forwardedHeaders: ["openai-beta"],
  takes: ({ dialect }) => dialect === FIM_NAME,
  codecs: { chat: jsonCodec({ encodeRequest, ...answers }) },
  decodeError,
  // A prompt has no format of the answer.
  emulation: {
    jsonAnswer: (chat) => jsonAnswerFor(chat, () => false) && "prompt",
    singleAnswer: (_model, quirks) => givesOneAnswer(quirks),
  },
  passthrough: completionsPassthrough,
};

/** We call a vendor that fills in the middle; completions with a suffix are served here too. */
export const fimCompletions: Dialect<ChatStreamState, ChatQuirks & Quirks> = {
  name: FIM_NAME,
  fidelity: { chat: fimFidelity },
  forwardedHeaders: [],
  takes: ({ dialect, json: { suffix } }) =>
    dialect === NAME && typeof suffix === "string" && suffix !== "",
  codecs: { chat: jsonCodec({ encodeRequest: encodeFimRequest, ...answers }) },
  decodeError,
  // There is one answer a request.
  emulation: { singleAnswer: () => true },
  passthrough: fimPassthrough,
};

/** Clients of legacy Completions call us. */
export const openAiCompletionsFacade: Facade<CompletionsStreamState> = {
  name: NAME,
  parameters: {
    temperature: [["temperature"]],
    max_tokens: [["max_tokens"]],
    top_p: [["top_p"]],
    seed: [["seed"]],
  },
  heartbeat: HEARTBEAT,
  wantsUsage,
  codecs: {
    chat: {
      ...chatClient({
        decodeRequest,
        encodeResponse,
        stream: { begin: beginFacade, encodeEvent, encodeEnd, encodeStreamError },
      }),
      partsOf,
    },
  },
  encodeError,
};

/** Clients that have the middle filled in call us. */
export const fimCompletionsFacade: Facade<FacadeStreamState> = {
  name: FIM_NAME,
  heartbeat: HEARTBEAT,
  codecs: {
    chat: chatClient({
      decodeRequest: decodeFimRequest,
      encodeResponse: encodeChatResponse,
      stream: {
        begin: beginChat,
        encodeEvent: encodeChatEvent,
        encodeEnd: encodeChatEnd,
        encodeStreamError: encodeChatError,
      },
    }),
  },
  encodeError,
};
