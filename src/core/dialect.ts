import type { Message } from "@bufbuild/protobuf";
import type { FieldReport } from "../../gen/parlance/call/v1/call_report_pb.js";
import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import type { Usage } from "../../gen/parlance/chat/v1/usage_pb.js";
import type { ModelTraits } from "../../gen/parlance/model/v1/model_traits_pb.js";
import type { JsonEdits } from "../json/edit.ts";
import type { Json, JsonObject } from "../json/json.ts";
import type { JsonText } from "../json/json-text.ts";
import type { BesideRequest } from "./beside-request.ts";
import type { CacheWishes } from "./cache/cache-wishes.ts";
import type { CallersHeader } from "./caller/callers-header.ts";
import type { RateWords } from "./caller/rate-facts.ts";
import type { Emulation } from "./emulation.ts";
import type { Fault } from "./faults/fault.ts";
import type { DialectFidelity } from "./fidelity/fidelity.ts";
import type { Fit } from "./fidelity/fit.ts";
import type { FollowUpRule } from "./follow-up.ts";
import type { FormBody } from "./form.ts";
import type { Operation, OperationName, OperationTypes, RequestMessage } from "./operation.ts";
import type { PassContext } from "./pass-context.ts";
import type { Quirks } from "./quirks.ts";
import type { ReplyFacts, StreamTiming } from "./reply/reply-facts.ts";
import type { HasParameters } from "./rules/parameter-places.ts";
import type { MemberAsks } from "./traits/may-exceed.ts";
import type { WireRequest } from "./wire-request.ts";

/** The name of a wire format, such as `openai-chat` or `anthropic-messages`. */
export type DialectName = string;

/** The bytes of a REST client. A target of the same dialect gets them, but for declared edits. */
export interface Origin extends HasParameters {
  readonly dialect: DialectName;
  readonly body: Uint8Array;
  /** The media type of a body that is no JSON. Absent: it is JSON. */
  readonly contentType?: string | undefined;
  /** What `body` holds, of a form its texts; a model that the path names is not in it. */
  readonly json: JsonObject;
  /** Whether the client asked for usage in the stream. */
  readonly wantsUsage: boolean;
  /** Labels for the gateway that the body held; they are in neither `body` nor `json`. */
  readonly tags?: readonly string[] | undefined;
  /** The session that the body named for the gateway; it is in neither `body` nor `json`. */
  readonly session?: string | undefined;
  /** What the body wanted of the response cache; it is in neither `body` nor `json`. */
  readonly cache?: CacheWishes | undefined;
  /** True: the body wanted to be refused where it would lose something. Absent: it does not say. */
  readonly strict?: true | undefined;
}

/** What a dialect looks at to fit a body to a vendor. */
export type OriginBody = Pick<Origin, "body" | "json">;

/** A wire request and what became of the fields that are not simply forwarded. */
export interface Encoded {
  readonly request: WireRequest;
  readonly report: readonly FieldReport[];
}

/** What a dialect needs besides the request itself. */
export interface EncodeOptions<Q = Quirks> {
  /** The model, in the vendor's words. */
  readonly model: string;
  /** The model that a deployment serves, where `model` does not name it. */
  readonly baseModel?: string;
  /** Whether the answer is to be streamed. */
  readonly stream: boolean;
  /** The most tokens of an answer of the model. Absent: unknown, or the dialect does not ask. */
  readonly maxOutputTokens?: number;
  /** What the model takes of requests. Absent: nothing is known of it. */
  readonly traits?: ModelTraits;
  /** The media type of a caller's body that passes and is no JSON, such as a form. */
  readonly contentType?: string;
  /** Of a body that passes: edits that its fit left to the dialect's `request`. Absent: none. */
  readonly edits?: JsonEdits;
  readonly quirks: Q;
}

/** Both outcomes of reading foreign text are normal. `beside`: what a request says beside it. */
export type Decoded<T> =
  | { readonly ok: true; readonly value: T; readonly beside?: BesideRequest }
  | { readonly ok: false; readonly fault: Fault };

/** One frame of a streamed reply: an SSE event or a line of NDJSON. */
export interface Frame {
  /** The SSE `event` field; "" when absent. */
  readonly event: string;
  /** The SSE `data` field, lines joined by LF; or the line. */
  readonly data: Uint8Array;
}

/** A JSON body, parsed, and the bytes it was parsed from: `..._json` texts are slices of them. */
export interface JsonBody<T extends Json = Json> {
  readonly json: T;
  readonly bytes: Uint8Array;
}

/** A body that is not JSON, such as sound. */
export interface BytesBody {
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

/** What a request can be. Which one it is, its codec says in `requests`. */
export type RequestBody = JsonBody<JsonObject> | FormBody | BytesBody;

/** What a whole reply can be. Which one it is, its codec says in `replies`. */
export type ReplyBody = JsonBody | BytesBody;

/**
 * The outcome of one frame: the state after it, and the events it stands for, or the failure it
 * reports.
 */
export type Step<S> =
  | { readonly ok: true; readonly state: S; readonly events: readonly Event[] }
  | { readonly ok: false; readonly fault: Fault };

/** What decoding needs besides the reply itself. */
export interface DecodeOptions<Q = Quirks> {
  /** The model that was called, for vendors whose replies do not say; "": it is not known. */
  readonly model: string;
  /** Those of the request. */
  readonly quirks: Q;
}

/** Reads the stream of a vendor. */
export interface StreamDecoder<S = unknown> {
  /** The state before the first frame. `model` as in DecodeOptions. */
  begin(model: string): S;
  decodeEvent(state: S, frame: Frame): Step<S>;
  /**
   * Whether a frame with data only keeps the connection open, as a ping does. Absent: none does.
   */
  keepsAlive?(frame: Frame): boolean;
  /**
   * Whether a part has begun that is emitted only when it is whole, such as a picture or a tool
   * that the vendor runs. Absent: every part is emitted as it grows.
   */
  begun?(state: S): boolean;
  /**
   * Called once when the vendor's stream is over. Gives the events that are still due, or a fault
   * with reason UPSTREAM_CUT if the dialect's own end (`[DONE]`, `message_stop`, a finish reason
   * for each choice) was not seen.
   */
  end(state: S): Decoded<readonly Event[]>;
}

/** One operation in a vendor's dialect, as we call it. `Body`: what its whole replies are. */
export interface Codec<Request, Result, Q = Quirks, S = unknown, Body = JsonBody> {
  encodeRequest(request: Request, options: EncodeOptions<Q>): Decoded<Encoded>;
  /** Absent: whole replies are JSON. */
  readonly replies?: "bytes";
  decodeResponse(reply: Body, options: DecodeOptions<Q>): Decoded<Result>;
  /** Absent: the vendor does not stream the operation. */
  readonly stream?: StreamDecoder<S>;
}

/** The operations of a dialect. An absent one is not served. */
export type Codecs<Q = Quirks, S = unknown> = {
  readonly [N in OperationName]?: Codec<
    OperationTypes[N]["request"],
    OperationTypes[N]["result"],
    Q,
    StateOf<N, S>,
    ReplyBody
  >;
};

/** The state of streams, which only operations have that stream. */
type StateOf<N extends OperationName, S> = OperationTypes[N]["streams"] extends true ? S : unknown;

/**
 * We call a vendor. Pure functions: no I/O, clock, randomness or mutation of arguments. Garbage is
 * a fault, never a throw.
 *
 * The state of a stream is the exception: it belongs to that one stream, so that `decodeEvent` and
 * `end` may change it in place. Only the state that the last step gave may be used
 * (docs/decisions/0027-a-stream-owns-its-state.md).
 */
export interface Dialect<S = unknown, Q = Quirks> {
  readonly name: DialectName;
  /** Request headers of this dialect alone: a caller's own go on to its vendors. Lower case. */
  readonly forwardedHeaders: readonly string[];
  /** What a request for the list of models needs: name, value; lower case. Absent: nothing. */
  readonly listHeaders?: readonly string[];
  /** What is sent of such a header; "" for nothing. Absent: all of it. */
  readonly fitHeader?: (header: CallersHeader) => string;
  /**
   * What becomes of the fields of the contract, by operation: what the encoders do, and what the
   * docs and DescribeModel say.
   */
  readonly fidelity: DialectFidelity;
  /**
   * Whether the dialect itself fits to the model how it thinks, and what depends on that. Absent:
   * both are fitted before a request is encoded.
   */
  readonly fitsThinking?: true;
  /**
   * Whether the vendor demands a bound on the answer: callers who say none get
   * `EncodeOptions.maxOutputTokens`.
   */
  readonly demandsMaxTokens?: true;
  /**
   * Whether a provider serves a caller of another dialect in this one, which it speaks beside its
   * first. Absent: it serves its own callers alone.
   */
  readonly takes?: (origin: Origin) => boolean;
  readonly codecs: Codecs<Q, S>;
  /** `body` may be empty, HTML, or anything. `headers` have lower-case names. Never throws. */
  decodeError(status: number, headers: Readonly<Record<string, string>>, body: Uint8Array): Fault;
  /**
   * For vendors that run asynchronous jobs: what to poll next. Absent: replies are final.
   */
  readonly followUp?: FollowUpRule;
  /**
   * What the vendor cannot do in one request, so that the gateway does it. Absent: there is nothing
   * of the kind.
   */
  readonly emulation?: Emulation<Q>;
  /** The byte path: the same dialect in and out. */
  readonly passthrough: Passthrough<Q>;
}

/** A dialect's codec of an operation; undefined where it does not serve it. */
export function codecOf(
  dialect: Dialect,
  operation: Operation,
): Codec<RequestMessage, Message, Quirks, unknown, ReplyBody> | undefined {
  return dialect.codecs[operation.name];
}

/**
 * What is done to a body and its frames when they pass through untouched but for declared edits.
 */
export interface Passthrough<Q = Quirks> {
  /**
   * How a body reaches the vendor, by the rules of the encoder; next to nothing where nothing needs
   * fitting. Absent: as it is.
   */
  fit?(operation: OperationName, origin: OriginBody, options: EncodeOptions<Q>): Fit;
  /** What members of a chat ask of its model. Absent: nothing in which models differ. */
  readonly asks?: MemberAsks;
  /** Whether the vendor keeps what requests refer to; if not, bodies are read. Absent: it does. */
  keeps?(quirks: Q): boolean;
  /** A body that is as it is or fitted, with the edits that every body gets, as a request. */
  request(operation: OperationName, body: Uint8Array, options: EncodeOptions<Q>): WireRequest;
  /** Usage in a unary answer, without decoding the rest. Undefined where there is none. */
  scanUsage(operation: OperationName, answer: JsonText): Usage | undefined;
  /**
   * Whether clients of the dialect can read a unary answer as it is; one that they cannot is
   * translated, and refused where it is no answer to the request. Absent: any. For vendors that
   * leave out what clients of the dialect cannot do without.
   */
  readable?(operation: OperationName, answer: JsonText, request: JsonObject): boolean;
  /**
   * Whether the data of a frame need not be JSON. Absent: all must be, but for `[DONE]`. A frame
   * whose data must be JSON and are not is not handed on.
   */
  isText?(frame: Frame): boolean;
  /** A fresh watcher for one stream. `clientWantsUsage`: the client requested the usage frame. */
  watch(clientWantsUsage: boolean, context?: PassContext): FrameWatch;
}

/**
 * What the gateway sees of frames that pass by. Stateful, one per stream, so that nothing is kept
 * per frame.
 */
export interface FrameWatch {
  /**
   * Looks at a frame. `forward`: hand it to the client. `instead`: what is handed on in its place,
   * where clients could not read it as it is: text, or bytes where frames are binary. `fault`: the
   * frame reports the vendor's failure;
   * `reported`: clients read it there, and nothing else is written of it.
   */
  see(frame: Frame): {
    readonly forward: boolean;
    readonly reported?: true;
    readonly instead?: FrameText | Uint8Array;
    readonly usage?: Usage;
    readonly fault?: Fault;
  };
  /** Whether the answer was whole: the dialect's own end was seen, or all that it stands for. */
  ended(): boolean;
  /**
   * What a client waits for at the end of a whole answer and the vendor did not send, such as
   * `data: [DONE]`. "": nothing.
   */
  missingEnd(): FrameText | Uint8Array;
}

/** What a client sent, in the contract's words. */
export interface ClientRequest<Request> {
  readonly message: Request;
  /** Whether it wants a stream. */
  readonly stream: boolean;
}

/** What a facade can know only from the call itself. */
export interface FacadeContext {
  /**
   * The model name the client used; repeated in the reply where the vendor's own name is not known.
   */
  readonly model: string;
  /** Seconds since 1970, for dialects that must tell a time. */
  readonly nowUnixS: number;
  /** Used where the vendor gave no id. */
  readonly callId: string;
  readonly wantsUsage: boolean;
  /** What the client sent, for dialects whose replies repeat it. Absent: it is not known. */
  readonly origin?: Origin;
  /**
   * From the arrival of the call to its whole answer, in whole milliseconds. Absent: it is not
   * known, or the answer is streamed.
   */
  readonly latencyMs?: number;
}

/** Text of one reply frame, ready to be written, such as `data: {...}\n\n`. */
export type FrameText = string;

/** Writes a stream to a client. */
export interface StreamEncoder<S = unknown> {
  begin(context: FacadeContext): S;
  encodeEvent(state: S, event: Event): readonly [state: S, frames: readonly FrameText[]];
  /** The frames that end a whole answer, such as `data: [DONE]`. `timing` absent: not known. */
  encodeEnd(state: S, timing?: StreamTiming): readonly FrameText[];
  /**
   * Notes bytes of the vendor's own that were handed on, for what may still be written after them.
   * Absent: nothing depends on them.
   */
  passed?(state: S, wire: Uint8Array): void;
  /** The frames that report a failure in the middle; never followed by `encodeEnd`. */
  encodeStreamError(state: S, fault: Fault): readonly FrameText[];
}

/** One operation in a vendor's dialect, as its clients call us. `Body`: what their requests are. */
export interface ClientCodec<Request, Result, S = unknown, Body = JsonBody<JsonObject>> {
  /** Absent: requests are JSON objects. */
  readonly requests?: "form" | "bytes";
  /** The model of requests that name none. Absent: each must name one. */
  readonly defaultModel?: string;
  decodeRequest(body: Body): Decoded<ClientRequest<Request>>;
  /**
   * Takes a request apart that holds several, each answered with choices of its own. Absent: none
   * does.
   */
  partsOf?(message: Request): readonly Request[];
  /** The body of a whole reply: JSON, or bytes with their media type. */
  encodeResponse(result: Result, context: FacadeContext): string | BytesBody;
  /** Absent: the operation is not streamed to these clients. */
  readonly stream?: StreamEncoder<S>;
}

/** The operations that clients of a dialect may call. */
export type ClientCodecs<S = unknown> = {
  readonly [N in OperationName]?: ClientCodec<
    OperationTypes[N]["request"],
    OperationTypes[N]["result"],
    StateOf<N, S>,
    RequestBody
  >;
};

/**
 * A vendor's own clients call us: the same dialect, mirrored, and the same purity. The same
 * exception for the state of a stream: only the one that the last step gave may be used.
 */
export interface Facade<S = unknown> extends HasParameters {
  readonly name: DialectName;
  /**
   * How its streams are framed. Absent: server-sent events. `ndjson`: a call that does not say
   * streams. `stream+json`: lines of JSON too, for calls that say so. `eventstream`: the edge makes
   * AWS's binary messages of server-sent events.
   */
  readonly framing?: "ndjson" | "stream+json" | "eventstream";
  /** Keeps a quiet stream open; clients ignore it. Absent: the dialect has no such frame. */
  readonly heartbeat?: FrameText;
  /** Where clients look for the id of the request in an error. Absent: `x-request-id`. */
  readonly requestIdHeader?: "request-id" | "x-amzn-requestid";
  /** Whether a request asks for usage in its stream. Absent: all do. */
  readonly wantsUsage?: (json: JsonObject) => boolean;
  /** The operation of a body, where one path serves several. Absent: the path says it. */
  operationOf?(json: JsonObject): OperationName;
  /** Headers that its clients read of a reply: name, value, name, value. Absent: none. */
  replyHeaders?(facts: ReplyFacts): readonly string[];
  /** What its clients read of limits beside OpenAI's headers. */
  readonly rates?: RateWords;
  /** Headers that its clients read of an error: name, value, name, value. Absent: none. */
  errorHeaders?(fault: Fault): readonly string[];
  readonly codecs: ClientCodecs<S>;
  /** Body of an error reply. The HTTP status is that of the fault. */
  encodeError(fault: Fault): string;
}

/** A facade's codec of an operation; undefined where its clients have none. */
export function clientCodecOf(
  facade: Facade,
  operation: Operation,
): ClientCodec<RequestMessage, Message, unknown, RequestBody> | undefined {
  return facade.codecs[operation.name];
}
