import type { JsonObject } from "../vendors/json-value.ts";

/** A tool on offer. */
export interface ToolOffer {
  readonly name: string;
  readonly description: string;
  readonly schema: JsonObject;
}

/** What is asked, in nobody's dialect. */
export interface Question {
  readonly model: string;
  readonly system: string;
  readonly text: string;
  readonly image?: { readonly mediaType: string; readonly bytes: Uint8Array };
  readonly tools?: readonly ToolOffer[];
  /** A JSON Schema that the answer must follow. */
  readonly format?: { readonly name: string; readonly schema: JsonObject };
  /** Ask for reasoning. */
  readonly reasoning?: boolean;
}

/** A call that a model makes. */
export interface CalledTool {
  readonly id: string;
  readonly name: string;
  readonly argumentsJson: string;
}

/** What one of our own tools answers. */
export interface ToolAnswer {
  readonly id: string;
  readonly text: string;
}

/** Tokens; `input` counts those read from and written to the cache too. Undefined: not told. */
export interface TokenCounts {
  readonly input: number | undefined;
  readonly cacheRead: number | undefined;
  readonly cacheWrite: number | undefined;
  readonly output: number | undefined;
  readonly reasoning: number | undefined;
}

/** What kind of error the client's own error class says it is. */
export type FailureKind =
  | "invalid_request"
  | "rate_limited"
  | "server"
  | "cancelled"
  | "mid_stream"
  | "other";

/** A failure as the client shows it. */
export interface Failure {
  readonly kind: FailureKind;
  /**
   * HTTP status, or the RPC code by its number. Undefined: the reply had begun, so there is none.
   */
  readonly status: number | undefined;
  /** The dialect's word for the error; for RPC the name of the reason. */
  readonly type: string;
  readonly message: string;
  readonly retryAfterS: number | undefined;
  readonly callId: string | undefined;
  /** Typed callers are told more. */
  readonly fault?: {
    readonly provider: string;
    readonly upstreamStatus: number;
    readonly retryable: boolean;
    readonly retryAfterMs: number | undefined;
    readonly callId: string;
  };
}

/** An answer or a failure, in nobody's dialect. */
export interface Outcome {
  readonly text: string;
  readonly toolCalls: readonly CalledTool[];
  readonly reasoning: { readonly text: string; readonly signature: string } | undefined;
  readonly finish: "stop" | "tool_calls" | "none" | "other";
  readonly usage: TokenCounts | undefined;
  readonly callId: string | undefined;
  /** Events or chunks that arrived before the end; 1 for a unary answer. */
  readonly pieces: number;
  /** The protocol's own sign that the answer is whole was received. */
  readonly ended: boolean;
  readonly failure: Failure | undefined;
}

/** How to ask. */
export interface AskOptions {
  readonly stream: boolean;
  readonly signal?: AbortSignal;
  /** Called for every event or chunk as it arrives. */
  readonly onPiece?: () => void;
}

/** A conversation; keeps its history in the client's own words, as an application would. */
export interface Conversation {
  /** Sends everything so far. An answer joins the history. Never rejects: failures are outcomes. */
  ask(options: AskOptions): Promise<Outcome>;
  addToolAnswers(answers: readonly ToolAnswer[]): void;
  addUser(text: string): void;
}

/** Whose error classes, statuses and words a client has. */
export type Family =
  | "openai"
  | "responses"
  | "anthropic"
  | "gemini"
  | "cohere"
  | "ollama"
  | "aws"
  | "rpc";

/** A way to talk to the gateway. */
export interface Client {
  readonly name: string;
  readonly family: Family;
  /** Counts of usage that its dialect has no place for. */
  readonly uncounted?: readonly (keyof TokenCounts)[];
  /**
   * Its dialect tells a tool call as a whole, so that a stream of nothing but calls is silent until
   * the first is complete.
   */
  readonly callsWhole?: boolean;
  /**
   * Its tool results name the tool and not the call, so that a vendor of its own dialect is told no
   * ids of them.
   */
  readonly answersByName?: boolean;
  /** Its dialect has no ids of calls, so that the client numbers them itself. */
  readonly idless?: boolean;
  open(question: Question): Conversation;
  close(): void;
}

/** Makes a client of the gateway at `url` with a key of the gateway's. */
export type CreateClient = (url: string, key: string) => Client;

/** A failure as an outcome, with what had arrived before it. */
export function failed(failure: Failure, before: Partial<Outcome> = {}): Outcome {
  return {
    text: "",
    toolCalls: [],
    reasoning: undefined,
    finish: "none",
    usage: undefined,
    callId: failure.callId,
    pieces: 0,
    ended: false,
    ...before,
    failure,
  };
}
