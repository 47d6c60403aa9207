import type { Chat } from "../../gen/parlance/chat/v1/chat_pb.js";
import type { Completion } from "../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import type { EmbedResult, EmbedSpec } from "../../gen/parlance/embed/v1/embedding_pb.js";
import type { RerankResult, RerankSpec } from "../../gen/parlance/rerank/v1/ranking_pb.js";
import type {
  ClientCodec,
  Codec,
  Decoded,
  Dialect,
  Encoded,
  EncodeOptions,
  Facade,
  FacadeContext,
  Frame,
  Step,
} from "../../src/core/dialect.ts";
import type { Fault } from "../../src/core/faults/fault.ts";
import type { Quirks } from "../../src/core/quirks.ts";
import type { Json, JsonObject } from "../../src/json/json.ts";

/** One operation of a vendor with the JSON of its replies and their bytes apart. */
interface VendorOperation<Request, Result> {
  encodeRequest(request: Request, options: EncodeOptions): Decoded<Encoded>;
  decodeResponse(json: Json, bytes?: Uint8Array, quirks?: Quirks): Decoded<Result>;
}

/** A dialect as tables of tests use it: its chats at the top, arguments apart. */
export interface VendorSide<S> extends Dialect<S> {
  encodeRequest(chat: Chat, options: EncodeOptions): Decoded<Encoded>;
  decodeResponse(json: Json, bytes: Uint8Array, model?: string): Decoded<Completion>;
  begin(model?: string): S;
  decodeEvent(state: S, frame: Frame): Step<S>;
  end(state: S): Decoded<readonly Event[]>;
  readonly embed: VendorOperation<EmbedSpec, EmbedResult>;
  readonly countTokens: VendorOperation<Chat, number>;
  readonly rerank: VendorOperation<RerankSpec, RerankResult>;
}

/** The side of a dialect that calls vendors. What it does not serve throws when it is used. */
export function vendorSide<S>(dialect: Dialect<S>): VendorSide<S> {
  const { chat, embed, count_tokens, rerank } = dialect.codecs;
  const stream = () => served(served(chat, "chat").stream, "stream");
  return {
    ...dialect,
    encodeRequest: (request, options) => served(chat, "chat").encodeRequest(request, options),
    decodeResponse: (json, bytes, model = "") =>
      served(chat, "chat").decodeResponse({ json, bytes }, { model, quirks: {} }),
    begin: (model = "") => stream().begin(model),
    decodeEvent: (state, frame) => stream().decodeEvent(state, frame),
    end: (state) => stream().end(state),
    embed: operation(embed, "embed"),
    rerank: operation(rerank, "rerank"),
    countTokens: {
      encodeRequest: (request, options) =>
        served(count_tokens, "count_tokens").encodeRequest(request, options),
      decodeResponse(json, bytes) {
        const decoded = operation(count_tokens, "count_tokens").decodeResponse(json, bytes);
        return decoded.ok ? { ok: true, value: Number(decoded.value.inputTokens) } : decoded;
      },
    },
  };
}

/** One operation of a vendor as tables of tests use it. */
export function operation<Request, Result>(
  codec: Codec<Request, Result> | undefined,
  name: string,
): VendorOperation<Request, Result> {
  return {
    encodeRequest: (request, options) => served(codec, name).encodeRequest(request, options),
    decodeResponse: (json, bytes = Buffer.from(JSON.stringify(json)), quirks = {}) =>
      served(codec, name).decodeResponse({ json, bytes }, { model: "", quirks }),
  };
}

/** One operation of a dialect's clients with the JSON of requests and their bytes apart. */
interface ClientOperation<Request, Result> {
  decodeRequest(json: JsonObject, bytes?: Uint8Array): Decoded<Request>;
  encodeResponse(result: Result, context?: FacadeContext): string;
}

/** A facade as tables of tests use it. */
export interface ClientSide<S> extends Facade<S> {
  decodeRequest(
    json: JsonObject,
    bytes: Uint8Array,
  ): Decoded<{ readonly chat: Chat; readonly stream: boolean }>;
  encodeResponse(completion: Completion, context: FacadeContext): string;
  begin(context: FacadeContext): S;
  encodeEvent(state: S, event: Event): readonly [state: S, frames: readonly string[]];
  encodeEnd(state: S): readonly string[];
  encodeStreamError(state: S, fault: Fault): readonly string[];
  readonly embed: ClientOperation<EmbedSpec, EmbedResult>;
  readonly countTokens: ClientOperation<Chat, number>;
  readonly rerank: ClientOperation<RerankSpec, RerankResult>;
}

/** The side of a dialect that its clients call. What it does not serve throws when it is used. */
export function clientSide<S>(facade: Facade<S>): ClientSide<S> {
  const { chat, embed, count_tokens, rerank } = facade.codecs;
  const stream = () => served(served(chat, "chat").stream, "stream");
  return {
    ...facade,
    decodeRequest(json, bytes) {
      const decoded = served(chat, "chat").decodeRequest({ json, bytes });
      if (!decoded.ok) return decoded;
      return { ok: true, value: { chat: decoded.value.message, stream: decoded.value.stream } };
    },
    encodeResponse: (completion, context) =>
      text(served(chat, "chat").encodeResponse(completion, context)),
    begin: (context) => stream().begin(context),
    encodeEvent: (state, event) => stream().encodeEvent(state, event),
    encodeEnd: (state) => stream().encodeEnd(state),
    encodeStreamError: (state, fault) => stream().encodeStreamError(state, fault),
    embed: clientOperation(embed, "embed"),
    rerank: clientOperation(rerank, "rerank"),
    countTokens: {
      decodeRequest: (json, bytes) =>
        clientOperation(count_tokens, "count_tokens").decodeRequest(json, bytes),
      encodeResponse: (count) =>
        clientOperation(count_tokens, "count_tokens").encodeResponse({
          $typeName: "parlance.chat.v1.CountTokensResponse",
          inputTokens: BigInt(count),
          method: 1,
        }),
    },
  };
}

const anyContext: FacadeContext = { model: "m", nowUnixS: 0, callId: "call_1", wantsUsage: true };

function clientOperation<Request, Result>(
  codec: ClientCodec<Request, Result> | undefined,
  name: string,
): ClientOperation<Request, Result> {
  return {
    decodeRequest(json, bytes = Buffer.from(JSON.stringify(json))) {
      const decoded = served(codec, name).decodeRequest({ json, bytes });
      return decoded.ok ? { ok: true, value: decoded.value.message } : decoded;
    },
    encodeResponse: (result, context = anyContext) =>
      text(served(codec, name).encodeResponse(result, context)),
  };
}

function text(body: ReturnType<ClientCodec<unknown, unknown>["encodeResponse"]>): string {
  if (typeof body === "string") return body;
  throw new Error("the body is not JSON");
}

function served<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`the dialect has no ${name}`);
  return value;
}
