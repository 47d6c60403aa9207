import type { FieldReport } from "../../gen/parlance/call/v1/call_report_pb.js";
import type { Chat } from "../../gen/parlance/chat/v1/chat_pb.js";
import type { Completion } from "../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import type { Usage } from "../../gen/parlance/chat/v1/usage_pb.js";
import type { EmbedResult, EmbedSpec } from "../../gen/parlance/embed/v1/embedding_pb.js";
import type { RerankResult, RerankSpec } from "../../gen/parlance/rerank/v1/ranking_pb.js";
import type { Json, JsonObject } from "../json/json.ts";
import type { Fault } from "./fault.ts";
import type { DialectFidelity } from "./fidelity/fidelity.ts";

/** The name of a wire format, such as `openai-chat` or `anthropic-messages`. */
export type DialectName = string;

/** A request as a vendor gets it, without its credential. */
export interface WireRequest {
  readonly method: "POST" | "GET";
  /**
   * Scheme, host and port that the vendor named; `path` is then the whole path. Absent: the
   * provider's own base URL.
   */
  readonly origin?: string;
  /** Appended to the provider's base path, such as `/chat/completions`. Starts with `/`. */
  readonly path: string;
  /** Flat name, value, name, value; lower case. Without content-length, host and credentials. */
  readonly headers: readonly string[];
  readonly body: Uint8Array | string;
}

/** A wire request and what became of the fields that are not simply forwarded. */
export interface Encoded {
  readonly request: WireRequest;
  readonly report: readonly FieldReport[];
}

/** Where a vendor deviates from its dialect; the catalog declares it, the dialect honours it. */
export type Quirks = Readonly<Record<string, unknown>>;

/** What a dialect needs besides the request itself. */
export interface EncodeOptions<Q = Quirks> {
  /** The model, in the vendor's words. */
  readonly model: string;
  /** The model that a deployment serves, where `model` does not tell. */
  readonly baseModel?: string;
  /** Whether the answer is to be streamed. */
  readonly stream: boolean;
  /**
   * The most tokens that an answer of the model may have. Absent: unknown, or the dialect does not
   * ask.
   */
  readonly maxOutputTokens?: number;
  readonly quirks: Q;
}

/**
 * The model whose abilities a request is fitted to. The one it is sent to may be named otherwise.
 */
export function servedModel({
  model,
  baseModel,
}: Pick<EncodeOptions, "model" | "baseModel">): string {
  return baseModel ?? model;
}

/** Both outcomes of reading foreign text are normal. */
export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: Fault };

/** One frame of a streamed reply: an SSE event or a line of NDJSON. */
export interface Frame {
  /** The SSE `event` field; "" when absent. */
  readonly event: string;
  /** The SSE `data` field, lines joined by LF; or the line. */
  readonly data: Uint8Array;
}

/**
 * The outcome of one frame: the state after it, and the events it stands for, or the failure it
 * reports.
 */
export type Step<S> =
  | { readonly ok: true; readonly state: S; readonly events: readonly Event[] }
  | { readonly ok: false; readonly fault: Fault };

/**
 * We call a vendor. Pure functions: no I/O, clock, randomness or mutation of arguments. Garbage is
 * a fault, never a throw. A new operation is an optional member; absence means that the dialect has
 * no such operation.
 *
 * The state of a stream is the exception: it belongs to that one stream, so that `decodeEvent` and
 * `end` may change it in place. Only the state that the last step gave may be used
 * (docs/decisions/0027-a-stream-owns-its-state.md).
 */
export interface Dialect<S = unknown, Q = Quirks> {
  readonly name: DialectName;
  /**
   * Request headers that only this dialect understands: a caller's own are passed on to a vendor of
   * it. Lower case.
   */
  readonly forwardedHeaders: readonly string[];
  /**
   * What becomes of the fields of the contract, by operation: what the encoders do, the docs and
   * DescribeModel tell.
   */
  readonly fidelity: DialectFidelity;
  /**
   * Whether the vendor demands a bound on the answer: callers who say none get
   * `EncodeOptions.maxOutputTokens`.
   */
  readonly demandsMaxTokens?: true;
  encodeRequest(chat: Chat, options: EncodeOptions<Q>): Decoded<Encoded>;
  /**
   * `body` is what `json` was parsed from: texts of the contract (`..._json`) are exact slices of
   * it. `model` was asked, for vendors whose answers do not say; absent or "": it is not known.
   */
  decodeResponse(json: Json, body: Uint8Array, model?: string): Decoded<Completion>;
  /** The state before the first frame; `model` as for decodeResponse. */
  begin(model?: string): S;
  decodeEvent(state: S, frame: Frame): Step<S>;
  /**
   * Whether a frame with data only keeps the connection open, as a ping does. Absent: none does.
   */
  keepsAlive?(frame: Frame): boolean;
  /**
   * Whether a part has begun that events tell only when it is whole, such as a picture or a tool
   * that the vendor runs. Absent: none is told so late.
   */
  begun?(state: S): boolean;
  /**
   * Called once when the vendor's stream is over. Gives what is still owed, or a fault with reason
   * UPSTREAM_CUT if the dialect's own end (`[DONE]`, `message_stop`, a finish reason for each
   * choice) was not seen.
   */
  end(state: S): Decoded<readonly Event[]>;
  /** `body` may be empty, HTML, or anything. `headers` have lower-case names. Never throws. */
  decodeError(status: number, headers: Readonly<Record<string, string>>, body: Uint8Array): Fault;
  /**
   * For vendors that give receipts for answers that are still being made. Absent: every reply is an
   * answer.
   */
  readonly followUp?: FollowUpRule;
  readonly embed?: EmbedDialect<Q>;
  readonly countTokens?: CountDialect<Q>;
  readonly rerank?: RerankDialect<Q>;
  /**
   * What the vendor cannot do in one request, so that the gateway does it. Absent: there is nothing
   * of the kind.
   */
  readonly emulation?: Emulation<Q>;
  /** The byte path: the same dialect in and out. */
  readonly passthrough: Passthrough<Q>;
}

/** Kinds of content that can be given by address. */
export type MediaKind = "image" | "audio" | "video" | "document";

/**
 * What a vendor cannot do in one request, by its model and quirks. Declared by the dialect, brought
 * about by the policies in front of the dispatch. A question that is not answered here is answered
 * with no.
 */
export interface Emulation<Q = Quirks> {
  /**
   * Media that the vendor takes as bytes and not by http(s) address. Undefined: it takes both, or
   * neither.
   */
  bytesOnly?(operation: Operation, model: string, quirks: Q): ReadonlySet<MediaKind> | undefined;
  /** Whether the vendor takes this very address, whatever `bytesOnly` says of its kind. */
  takesAddress?(url: string): boolean;
  /** Whether a call gives one answer, whatever `n` asks for. */
  singleAnswer?(model: string, quirks: Q): boolean;
  /** How many inputs one call of embed takes. Undefined: as many as there are, or nobody knows. */
  embedInputs?(model: string, quirks: Q): number | undefined;
  /**
   * Whether the vendor cannot count the tokens of a prompt for the model, though it has the
   * operation.
   */
  uncounted?(model: string, quirks: Q): boolean;
  /**
   * Whether a failed count says that the vendor cannot count for the model, which only the vendor
   * knew.
   */
  countRefused?(fault: Fault): boolean;
  /**
   * How the tokens of a prompt are counted here. Undefined: as nobody tells, so that the count is a
   * rough estimate.
   */
  countingRules?(model: string, quirks: Q): CountingRules | undefined;
}

/** What is known of how a model counts the tokens of its prompts. All numbers are tokens. */
export interface CountingRules {
  readonly encoding: "o200k_base" | "cl100k_base";
  /** For each tool, before its name and description. */
  readonly toolStart: number;
  readonly image: ImageRules;
}

/**
 * What a picture takes. Tiles: `base`, and `tile` for each square of 512 pixels after it was scaled
 * to fit 2048 by 2048 and its shorter side to 768; seen roughly, `base` alone. Patches: `factor`
 * for each square of 32 pixels, of which there are at most 1536.
 */
export type ImageRules =
  | { readonly kind: "tiles"; readonly base: number; readonly tile: number }
  | { readonly kind: "patches"; readonly factor: number };
/** What is asked next of a vendor whose answer is still being made. */
export interface FollowUp {
  readonly request: WireRequest;
  /** How long to wait before, in milliseconds. */
  readonly delayMs: number;
  /** Tells the vendor that nobody waits any more. Absent: it cannot be told. */
  readonly abandon?: WireRequest;
}

/**
 * What is asked next after a whole reply with a good status; undefined where the reply is the
 * answer.
 */
export type FollowUpRule = (json: Json) => FollowUp | undefined;

/** Embeddings in a vendor's dialect. */
export interface EmbedDialect<Q = Quirks> {
  encodeRequest(spec: EmbedSpec, options: EncodeOptions<Q>): Decoded<Encoded>;
  /** `quirks` are those of the request; vendors differ in what their base64 means. */
  decodeResponse(json: Json, quirks?: Q): Decoded<EmbedResult>;
}

/** Token counts in a vendor's dialect. */
export interface CountDialect<Q = Quirks> {
  encodeRequest(chat: Chat, options: EncodeOptions<Q>): Decoded<Encoded>;
  decodeResponse(json: Json): Decoded<number>;
}

/**
 * Rankings in a vendor's dialect. Order, `top_n` and repeated documents are seen to by
 * core/arrange-ranking.ts.
 */
export interface RerankDialect<Q = Quirks> {
  encodeRequest(spec: RerankSpec, options: EncodeOptions<Q>): Decoded<Encoded>;
  /** `body` is what `json` was parsed from. */
  decodeResponse(json: Json, body: Uint8Array): Decoded<RerankResult>;
}

/** The operations a gateway serves. */
export type Operation = "chat" | "embed" | "count_tokens" | "rerank";

/**
 * What is done to a body and its frames when they pass through untouched but for declared edits.
 */
export interface Passthrough<Q = Quirks> {
  /**
   * Whether a body of this dialect may pass as it is; a body that may not is translated. Absent:
   * any may. For vendors that speak the dialect but for the bodies of some operations.
   */
  accepts?(
    operation: Operation,
    body: Uint8Array,
    options: Pick<EncodeOptions<Q>, "model" | "quirks">,
  ): boolean;
  /** The origin's bytes with the declared edits and nothing else, as a request to the vendor. */
  request(operation: Operation, body: Uint8Array, options: EncodeOptions<Q>): WireRequest;
  /** Usage in a unary body, without decoding the rest. Undefined where there is none. */
  scanUsage(operation: Operation, body: Uint8Array): Usage | undefined;
  /**
   * Whether clients of the dialect can read a unary answer as it is; one that they cannot is
   * translated. Absent: any. For vendors that leave out what clients of the dialect cannot do
   * without.
   */
  readable?(operation: Operation, body: Uint8Array): boolean;
  /**
   * Whether the data of a frame need not be JSON. Absent: all must be, but for `[DONE]`. A frame
   * whose data must be JSON and are not is not handed on.
   */
  isText?(frame: Frame): boolean;
  /**
   * A fresh watcher for one stream. `clientWantsUsage`: the client itself asked for the usage
   * frame.
   */
  watch(clientWantsUsage: boolean): FrameWatch;
}

/**
 * What the gateway sees of frames that pass by. Stateful, one per stream, so that nothing is kept
 * per frame.
 */
export interface FrameWatch {
  /**
   * Looks at a frame. `forward`: hand it to the client. `fault`: the frame reports the vendor's
   * failure.
   */
  see(frame: Frame): { readonly forward: boolean; readonly usage?: Usage; readonly fault?: Fault };
  /** Whether the answer was whole: the dialect's own end was seen, or all that it stands for. */
  ended(): boolean;
  /**
   * What a client waits for at the end of a whole answer and the vendor did not send, such as
   * `data: [DONE]`. "": nothing.
   */
  owed(): FrameText;
}

/** What a client sent, in our nouns. */
export interface ChatRequest {
  readonly chat: Chat;
  readonly stream: boolean;
  /** OpenAI `stream_options.include_usage`; true for dialects that always tell. */
  readonly wantsUsage: boolean;
}

/** What a facade can know only from the call itself. */
export interface FacadeContext {
  /** The model name the client used; told back where the vendor's own name is not known. */
  readonly model: string;
  /** Seconds since 1970, for dialects that must tell a time. */
  readonly nowUnixS: number;
  /** Used where the vendor gave no id. */
  readonly callId: string;
  readonly wantsUsage: boolean;
}

/** Text of one reply frame, ready to be written, such as `data: {...}\n\n`. */
export type FrameText = string;

/**
 * A vendor's own SDK calls us: the same dialect, mirrored. The same purity, and the same exception
 * for the state of a stream: only the one that the last step gave may be used. `decodeRequest` gets
 * the parsed body and its bytes: JSON texts of the contract (`..._json`) are exact slices of the
 * bytes.
 */
export interface Facade<S = unknown> {
  readonly name: DialectName;
  /**
   * How its streams are framed. Absent: server-sent events. Where it is `ndjson`, a call that does
   * not say streams.
   */
  readonly framing?: "ndjson";
  /**
   * The header of an error in which its clients look for the id of the request. Absent:
   * `x-request-id`.
   */
  readonly requestIdHeader?: "request-id";
  decodeRequest(json: JsonObject, body: Uint8Array): Decoded<ChatRequest>;
  encodeResponse(completion: Completion, context: FacadeContext): string;
  begin(context: FacadeContext): S;
  encodeEvent(state: S, event: Event): readonly [state: S, frames: readonly FrameText[]];
  /** The frames that end a whole answer, such as `data: [DONE]`. */
  encodeEnd(state: S): readonly FrameText[];
  /** The frames that tell of a failure in the middle; never followed by `encodeEnd`. */
  encodeStreamError(state: S, fault: Fault): readonly FrameText[];
  /** Body of an error reply. The HTTP status is that of the fault. */
  encodeError(fault: Fault): string;
  readonly embed?: EmbedFacade;
  readonly countTokens?: CountFacade;
  readonly rerank?: RerankFacade;
}

/** Embeddings asked of us in a vendor's dialect. */
export interface EmbedFacade {
  decodeRequest(json: JsonObject, body: Uint8Array): Decoded<EmbedSpec>;
  encodeResponse(result: EmbedResult, context: FacadeContext): string;
}

/** Token counts asked of us in a vendor's dialect. */
export interface CountFacade {
  decodeRequest(json: JsonObject, body: Uint8Array): Decoded<Chat>;
  encodeResponse(inputTokens: number): string;
}

/** Rankings asked of us in a vendor's dialect. */
export interface RerankFacade {
  decodeRequest(json: JsonObject, body: Uint8Array): Decoded<RerankSpec>;
  encodeResponse(result: RerankResult, context: FacadeContext): string;
}
