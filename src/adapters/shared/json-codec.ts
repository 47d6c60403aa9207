import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import {
  CountMethod,
  type CountTokensResponse,
} from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import type { Completion } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type {
  ClientCodec,
  Codec,
  Decoded,
  DecodeOptions,
  Dialect,
  Encoded,
  EncodeOptions,
  FacadeContext,
  StreamDecoder,
  StreamEncoder,
} from "../../core/dialect.ts";
import type { Quirks } from "../../core/quirks.ts";
import type { Json, JsonObject } from "../../json/json.ts";

/** A codec as dialects write it: its decoder takes the JSON of a reply and its bytes. */
export interface JsonCodec<Request, Result, Q = Quirks, S = unknown> {
  encodeRequest(request: Request, options: EncodeOptions<Q>): Decoded<Encoded>;
  decodeResponse(json: Json, bytes: Uint8Array, options: DecodeOptions<Q>): Decoded<Result>;
  readonly stream?: StreamDecoder<S>;
}

/** Makes the codec of an operation whose replies are JSON. */
export function jsonCodec<Request, Result, Q, S>(
  codec: JsonCodec<Request, Result, Q, S>,
): Codec<Request, Result, Q, S> {
  return {
    ...codec,
    decodeResponse: ({ json, bytes }, options) => codec.decodeResponse(json, bytes, options),
  };
}

/** A codec of chats that are streamed too. */
export type ChatCodec<S, Q = Quirks> = Codec<Chat, Completion, Q, S> & {
  readonly stream: StreamDecoder<S>;
};

/** The chats of a dialect that another one wraps. Throws where it has none, or no streams. */
export function chatCodecOf<S, Q>({ name, codecs: { chat } }: Dialect<S, Q>): ChatCodec<S, Q> {
  if (chat?.stream === undefined) throw new Error(`the dialect ${name} has no streamed chats`);
  return { ...chat, stream: chat.stream };
}

/** Makes the codec of token counts, of a decoder that gives the number alone. */
export function countCodec<Q>(
  codec: Omit<JsonCodec<Chat, number, Q>, "stream">,
): Codec<Chat, CountTokensResponse, Q> {
  return {
    encodeRequest: codec.encodeRequest,
    decodeResponse({ json, bytes }, options) {
      const count = codec.decodeResponse(json, bytes, options);
      return count.ok ? { ok: true, value: vendorCount(count.value) } : count;
    },
  };
}

function vendorCount(inputTokens: number): CountTokensResponse {
  return {
    $typeName: "parlance.chat.v1.CountTokensResponse",
    inputTokens: BigInt(inputTokens),
    method: CountMethod.VENDOR,
  };
}

/** What a client of a dialect sent as a chat. */
export interface ChatRequest {
  readonly chat: Chat;
  readonly stream: boolean;
}

/** A codec of chats as facades write it. */
export interface ChatClient<Result, S> {
  decodeRequest(json: JsonObject, bytes: Uint8Array): Decoded<ChatRequest>;
  encodeResponse(result: Result, context: FacadeContext): string;
  readonly stream: StreamEncoder<S>;
}

/** Makes the codec of a dialect's clients for chats. */
export function chatClient<Result, S>(client: ChatClient<Result, S>): ClientCodec<Chat, Result, S> {
  return {
    ...client,
    decodeRequest({ json, bytes }) {
      const decoded = client.decodeRequest(json, bytes);
      if (!decoded.ok) return decoded;
      const { chat, stream } = decoded.value;
      return { ...decoded, value: { message: chat, stream } };
    },
  };
}

/** Makes the codec of a dialect's clients for an operation that is not streamed. */
export function unaryClient<Request, Result>(client: {
  decodeRequest(json: JsonObject, bytes: Uint8Array): Decoded<Request>;
  encodeResponse(result: Result, context: FacadeContext): string;
}): ClientCodec<Request, Result> {
  return {
    encodeResponse: client.encodeResponse,
    decodeRequest({ json, bytes }) {
      const decoded = client.decodeRequest(json, bytes);
      if (!decoded.ok) return decoded;
      return { ...decoded, value: { message: decoded.value, stream: false } };
    },
  };
}

/** Makes the codec of a dialect's clients for token counts, which writes the number alone. */
export function countClient(client: {
  decodeRequest(json: JsonObject, bytes: Uint8Array): Decoded<Chat>;
  encodeResponse(inputTokens: number): string;
}): ClientCodec<Chat, CountTokensResponse> {
  return unaryClient({
    decodeRequest: client.decodeRequest,
    encodeResponse: ({ inputTokens }: CountTokensResponse) =>
      client.encodeResponse(Number(inputTokens)),
  });
}
