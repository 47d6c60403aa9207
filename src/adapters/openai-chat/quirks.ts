import type { RerankShape } from "../rerank/shape.ts";

/**
 * How an endpoint of the `openai-chat` dialect does what endpoints do differently. Every value is a
 * declared fact, none is guessed from a URL.
 */
export interface OpenAiChatQuirks {
  /** The request field that bounds the generated tokens. */
  readonly maxTokensField: "max_tokens" | "max_completion_tokens";
  /**
   * Whether `stream_options.include_usage` is accepted. If not, a stream's usage is what the vendor
   * chooses to send.
   */
  readonly streamUsage: boolean;
  /** Whether the `developer` role is accepted. If not, it is sent as `system`. */
  readonly developerRole: boolean;
  /**
   * The message and delta field that carries reasoning text; "none" when the endpoint returns no
   * reasoning text.
   */
  readonly reasoningField: "reasoning_content" | "reasoning" | "none";
  /** Whether `response_format: { type: "json_schema" }` is accepted. */
  readonly jsonSchema: boolean;
  /** The request field that carries the sampling seed. */
  readonly seedField: "seed" | "random_seed";
  /** Whether `parallel_tool_calls` is accepted. */
  readonly parallelToolCalls: boolean;
  /** Whether `top_k`, `min_p` and `repetition_penalty` are accepted. Absent: true. */
  readonly extendedSampling?: boolean;
  /** Whether `reasoning_details` of earlier answers are taken back. Absent: false. */
  readonly reasoningDetails?: boolean;
  /**
   * Whether `extra_content.google.thought_signature` of a tool call is taken back. Absent: false.
   */
  readonly thoughtSignatures?: boolean;
  /**
   * Ids of tool calls that are taken: at most 40 characters, or exactly nine letters and digits.
   * Absent: any.
   */
  readonly toolIds?: "short" | "nine";
  /** Whether pictures are taken by http(s) address. Absent: true. */
  readonly imageUrls?: boolean;
  /** Whether `n` above 1 is served. Absent: true. */
  readonly severalAnswers?: boolean;
  /** How many inputs one call of embeddings takes. Absent: any number, or unknown. */
  readonly embedInputs?: number;
  /**
   * Members of chats that the endpoint has nothing for, such as `user`. They are not sent but for
   * extras. Absent: none.
   */
  readonly unsupported?: readonly string[];
  /** The shape of rerank requests. Absent: `jina`, and `cohere` in Cohere's own dialect. */
  readonly rerankShape?: RerankShape;
  /** In whose words the knobs of embeddings are said. Absent: `openai`. */
  readonly embedShape?: "openai" | "plain" | "voyage" | "jina" | "perplexity";
  /** The path of legacy completions after the base URL. Absent: `/completions`. */
  readonly completionsPath?: string;
  /** What is taken for moderation. Absent: `any`, texts and pictures. */
  readonly moderationInput?: "any" | "text";
}
