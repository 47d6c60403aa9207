import type { FieldReport } from "../../gen/parlance/call/v1/call_report_pb.js";
import type { Chat } from "../../gen/parlance/chat/v1/chat_pb.js";
import type { CountMethod } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import type { Usage } from "../../gen/parlance/chat/v1/usage_pb.js";
import type { EmbedResult, EmbedSpec } from "../../gen/parlance/embed/v1/embedding_pb.js";
import type { ModelFacts } from "../../gen/parlance/model/v1/model_facts_pb.js";
import type { RerankResult, RerankSpec } from "../../gen/parlance/rerank/v1/ranking_pb.js";
import type { JsonObject } from "../json/json.ts";
import type { DialectName } from "./dialect.ts";
import type { Fault } from "./fault.ts";
import type { LossPolicy } from "./fidelity/loss-policy.ts";
import type { Trace } from "./trace.ts";

/**
 * One call on its way through the gateway. Never mutated: a layer that adds something passes on `{
 * ...call, it }`.
 */
export interface Call {
  readonly id: string;
  /** The model name the caller used. */
  readonly model: string;
  /**
   * What is asked. Decoded on the first use, for the origin's bytes will often do; a throw is a
   * GatewayError.
   */
  readonly request: CallRequest;
  /** What a REST client really sent. Absent for typed callers. */
  readonly origin?: Origin;
  /** The value of a request header by its lower-case name. */
  readonly header: (name: string) => string | undefined;
  /** Aborted when the caller is gone or the deadline has passed. Absent: neither can happen. */
  readonly signal?: AbortSignal;
  /**
   * How long the caller will wait, in milliseconds from the start of the call. Absent: it does not
   * say.
   */
  readonly timeoutMs?: number;
  /**
   * Set by the edge where it had to know who calls before it read the request, else by the
   * `authenticate` stage.
   */
  readonly principal?: Principal | undefined;
  /** Set by the route, for each attempt. */
  readonly target?: Target;
  /**
   * Set by the route with the target. Absent: losses are told and nothing is refused because of
   * them.
   */
  readonly losses?: LossPolicy;
  readonly trace: Trace;
  /**
   * Called exactly once for a call that got a reply, when its last byte is handed on, its stream
   * fails, or its caller leaves. A layer that settles something passes on its own, which calls the
   * one before.
   */
  readonly settle: (outcome: Outcome) => void;
}

/** What is asked. */
export type CallRequest =
  | { readonly operation: "chat"; readonly stream: boolean; readonly chat: () => Chat }
  | { readonly operation: "count_tokens"; readonly chat: () => Chat }
  | { readonly operation: "embed"; readonly spec: () => EmbedSpec }
  | { readonly operation: "rerank"; readonly spec: () => RerankSpec };

/**
 * The bytes of a REST client. A target of the same dialect gets them as they are, but for the
 * declared edits.
 */
export interface Origin {
  readonly dialect: DialectName;
  readonly body: Uint8Array;
  /** What `body` holds; a model that the path names is not in it. */
  readonly json: JsonObject;
  /** Whether the client asked for usage in the stream. */
  readonly wantsUsage: boolean;
}

/** Who calls. */
export interface Principal {
  readonly name: string;
  readonly admin: boolean;
  /** The model names it may use; undefined for all. */
  readonly models: ReadonlySet<string> | undefined;
  /** Its calls are refused where they would lose something on the way to a vendor. */
  readonly strict: boolean;
}

/** A model at a provider. */
export interface Target {
  /** The provider's name in the configuration. */
  readonly provider: string;
  /** The model, in the vendor's words. */
  readonly model: string;
  /** The model that the deployment serves, where `model` does not tell. */
  readonly baseModel?: string;
  /** What the config says of the model here. */
  readonly facts?: ModelFacts;
}

/** How a call ended. */
export interface Outcome {
  readonly usage?: Usage;
  /** What broke the stream off. Absent: it ended well, or the caller left. */
  readonly fault?: Fault;
  readonly callerGone: boolean;
}

/** The answer to a call, in hand when its first content is. */
export interface Reply {
  readonly target: Target;
  readonly dialect: DialectName;
  /** What became of fields that were not simply forwarded. */
  readonly report: readonly FieldReport[];
  /**
   * Headers of the vendor's reply that callers may see, lower-case names. Empty where there was no
   * HTTP.
   */
  readonly headers: Readonly<Record<string, string>>;
  readonly output: Output;
}

/**
 * What is answered. Whoever takes a reply iterates its stream to the end or calls the iterator's
 * `return`.
 */
export type Output =
  /**
   * Events in batches as they came; a unary answer is one batch. Throws a GatewayError if the
   * stream breaks.
   */
  | { readonly kind: "events"; readonly batches: AsyncIterable<readonly Event[]> }
  /** A unary body of the origin's dialect, untouched. */
  | { readonly kind: "bytes"; readonly body: Uint8Array }
  /**
   * A stream of the origin's dialect, frames untouched. Throws a GatewayError if the stream breaks.
   */
  | { readonly kind: "frames"; readonly chunks: AsyncIterable<Uint8Array> }
  | { readonly kind: "embeddings"; readonly result: EmbedResult }
  | { readonly kind: "ranking"; readonly result: RerankResult }
  | { readonly kind: "token_count"; readonly inputTokens: number; readonly method: CountMethod };

/**
 * Settles when the first content is in hand, or a whole answer without any. A rejection (always a
 * GatewayError, else it is a bug) means that the caller has seen nothing yet, so that another try
 * is safe.
 */
export type Handler = (call: Call) => Promise<Reply>;

/** Wraps a handler in a policy. */
export type Layer = (next: Handler) => Handler;
