import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Dialect, Facade } from "../../core/dialect.ts";
import { type Emulation, functionsOnly, type JsonAnswer } from "../../core/emulation.ts";
import type { Fault } from "../../core/faults/fault.ts";
import type { MediaKind } from "../../core/media.ts";
import { letterFirstToolNames } from "../../core/names/tool-names.ts";
import { membersOf } from "../../json/members.ts";
import { createRerank } from "../rerank/create-rerank.ts";
import { chatClient, jsonCodec, unaryClient } from "../shared/json-codec.ts";
import { jsonAnswerFor } from "../tools/json-answer.ts";
import { arranged } from "../turns/arrange-turns.ts";
import { decodeEmbedRequest, encodeEmbedResponse } from "./client/embed.ts";
import { decodeRequest } from "./client/request.ts";
import { decodeRerankRequest, encodeRerankResponse } from "./client/rerank.ts";
import { encodeResponse } from "./client/response.ts";
import {
  beginReplyStream,
  encodeEnd,
  encodeEvent,
  encodeStreamError,
  type FacadeState,
} from "./client/stream.ts";
import { encodeEmbedResponse as encodeFormerEmbedResponse } from "./client-v1/embed.ts";
import { decodeRequest as decodeFormerRequest } from "./client-v1/request.ts";
import { encodeResponse as encodeFormerResponse } from "./client-v1/response.ts";
import * as former from "./client-v1/stream.ts";
import { chatFidelity, embedFidelity, rerankFidelity } from "./fidelity.ts";
import { passthrough } from "./passthrough.ts";
import { turnRules } from "./turn-rules.ts";
import { encodeEmbedRequest } from "./vendor/embed.ts";
import { decodeEmbedResponse } from "./vendor/embed-response.ts";
import { decodeError, decodeErrorObject, isErrorObject } from "./vendor/error.ts";
import { encodeRequest } from "./vendor/request.ts";
import { decodeResponse } from "./vendor/response.ts";
import { decodeEvent, end } from "./vendor/stream.ts";
import { begin, type StreamState } from "./vendor/stream-state.ts";
import { NAME, RERANK_PATH, RERANK_V1_PATH } from "./wire.ts";

const pictures: ReadonlySet<MediaKind> = new Set(["image"]);

/**
 * One answer a call. Chat takes pictures by address, Embed only as data URLs, and at most 96 inputs
 * (https://docs.cohere.com/reference/chat, https://docs.cohere.com/reference/embed).
 */
const emulation: Emulation = {
  jsonAnswer,
  continues: () => false,
  lacksToolForms: () => functionsOnly,
  bytesOnly: (operation) => (operation === "embed" ? pictures : undefined),
  singleAnswer: () => true,
  toolNames: () => letterFirstToolNames,
  embedInputs: () => 96,
};

/**
 * A format is not supported beside tools or documents
 * (https://docs.cohere.com/reference/chat#request.body.response_format, 2026-11).
 */
function jsonAnswer(chat: Chat): JsonAnswer | undefined {
  const documents =
    hasDocuments(chat.extrasJson[NAME]) ||
    chat.messages.some(({ parts }) => parts.some(({ content }) => content.case === "document"));
  if (chat.tools.length === 0 && !documents) return undefined;
  const means = jsonAnswerFor(chat, () => false);
  return documents && chat.tools.length === 0 ? means && "prompt" : means;
}

function hasDocuments(extrasJson = ""): boolean {
  return membersOf(extrasJson)?.some(([key]) => key === "documents") === true;
}

/** We call a vendor that speaks Cohere's API, version 2: chats, embeddings and rerank. */
export const cohere: Dialect<StreamState> = {
  name: NAME,
  fidelity: { chat: chatFidelity, embed: embedFidelity, rerank: rerankFidelity.all },
  forwardedHeaders: ["x-client-name"],
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
    rerank: createRerank({
      name: NAME,
      fidelity: rerankFidelity,
      path: RERANK_PATH,
      objectPath: RERANK_V1_PATH,
      shape: "cohere",
      readFault: (reply) => (isErrorObject(reply) ? decodeErrorObject(reply) : undefined),
    }),
  },
  decodeError,
  emulation,
  passthrough,
};

/** A client of Cohere's API calls us. */
export const cohereFacade: Facade<FacadeState> = {
  name: NAME,
  parameters: {
    temperature: [["temperature"]],
    max_tokens: [["max_tokens"]],
    top_p: [["p"]],
    seed: [["seed"]],
  },
  // A comment of server-sent events, which the SDKs skip.
  heartbeat: ": keep-alive\n\n",
  codecs: {
    chat: chatClient({
      decodeRequest,
      encodeResponse,
      stream: { begin: beginReplyStream, encodeEvent, encodeEnd, encodeStreamError },
    }),
    embed: unaryClient({ decodeRequest: decodeEmbedRequest, encodeResponse: encodeEmbedResponse }),
    rerank: unaryClient({
      decodeRequest: decodeRerankRequest,
      encodeResponse: encodeRerankResponse,
    }),
  },
  encodeError,
};

/** A former client of Cohere's API, version 1, calls us: chats and embeddings. */
export const cohereV1Facade: Facade<former.FacadeState> = {
  name: "cohere-v1",
  framing: "stream+json",
  // White space before the next line's JSON.
  heartbeat: " ",
  codecs: {
    chat: chatClient({
      decodeRequest: decodeFormerRequest,
      encodeResponse: encodeFormerResponse,
      stream: {
        begin: former.beginReplyStream,
        encodeEvent: former.encodeEvent,
        encodeEnd: former.encodeEnd,
        encodeStreamError: former.encodeStreamError,
      },
    }),
    embed: unaryClient({
      decodeRequest: decodeEmbedRequest,
      encodeResponse: encodeFormerEmbedResponse,
    }),
  },
  encodeError,
};

/** The body of an error reply, as the vendor's own clients read it: the status says the rest. */
function encodeError({ message, upstreamRequestId, upstreamType }: Fault): string {
  return JSON.stringify({ id: upstreamRequestId, message, error_type: upstreamType });
}
