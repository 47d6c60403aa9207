import type { RowVariable } from "./row-variable.ts";

/** The wire dialects that a catalog row can name. */
export type CatalogDialect =
  | "openai-chat"
  | "openai-responses"
  | "azure-openai"
  | "azure-openai-responses"
  | "anthropic-messages"
  | "gemini"
  | "vertex-messages"
  | "vertex-chat"
  | "ollama"
  | "cohere"
  | "huggingface-tgi"
  | "huggingface-tei"
  | "bedrock-converse"
  | "bedrock-invoke"
  | "sagemaker-chat"
  | "sagemaker-tgi"
  | "watsonx"
  | "replicate"
  | RerankerDialect
  | "sim";

/** Rankings that vendors serve in words of their own. */
export type RerankerDialect =
  | "bedrock-rerank"
  | "vertex-rerank"
  | "dashscope-rerank"
  | "deepinfra-rerank"
  | "nvidia-rerank";

/** The operations that a vendor's endpoint serves in its row's dialect. */
export type Operation = "chat" | "embed" | "count_tokens" | "rerank" | "models";

/**
 * How a credential travels: `Authorization: Bearer`, not at all, in a header
 * of its own, or in a query parameter. A provider without a credential sends
 * none, whatever the scheme. `sigv4` names the service of AWS that requests are
 * signed for; a credential there is an API key, and travels as a bearer instead.
 * `google` and `entra` name the scope of the token that is asked for where there
 * is no API key; one that is given travels in `x-goog-api-key` or `api-key`
 * instead. With `ibmIam` an API key is exchanged for a token at IBM's IAM.
 */
export type AuthScheme =
  | "bearer"
  | "none"
  | { readonly header: string }
  | { readonly query: string }
  | { readonly sigv4: string }
  | { readonly google: string }
  | { readonly entra: string }
  | { readonly ibmIam: true };

/**
 * How an endpoint of the `openai-chat` dialect does what endpoints do differently. Every value is a
 * declared fact, none is guessed from a URL.
 */
export interface Quirks {
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
   * Whether TGI answers at one path, `stream` in the body, as hosted endpoints do. Absent: false.
   */
  readonly singlePath?: boolean;
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
  /** How rankings are asked for. Absent: `jina`, and `cohere` in Cohere's own dialect. */
  readonly rerankShape?: "cohere" | "jina" | "voyage" | "tei";
  /** In whose words the knobs of embeddings are said. Absent: `openai`. */
  readonly embedShape?: "openai" | "plain" | "voyage" | "jina" | "perplexity";
  /** Whether Claude takes `output_config.format`. Absent: as the model's name says. */
  readonly structuredOutput?: boolean;
  /** Whether the Gemini dialect is that of Vertex AI. Absent: false. */
  readonly vertex?: boolean;
  /**
   * What dates name in Azure's dialects: versions of the API by deployments, or of the Model
   * Inference API. Absent: the former.
   */
  readonly datedPath?: "models";
}

/** Models of a row that are served in another dialect than its others, or at another base URL. */
export interface ModelFamily {
  /** Finds their names, in the vendor's words. */
  readonly models: RegExp;
  /** One of those names. */
  readonly example: string;
  readonly dialect: CatalogDialect;
  /** As of a row. */
  readonly alsoSpeaks?: readonly CatalogDialect[];
  readonly operations: readonly Operation[];
  readonly quirks: Partial<Quirks>;
  /**
   * Where it is served, if not at the row's base URL and prefix; it has the same places. Where the
   * config says another host, that host serves the family too, at this path if the configured one
   * is the row's.
   */
  readonly baseUrl?: string;
  /** Stands between the base URL and the paths of the dialect. Absent: nothing does. */
  readonly pathPrefix?: string;
}

/** A vendor as data. */
export interface CatalogRow {
  /** The `kind` of a provider in the config. */
  readonly id: string;
  /** The vendor's name as people write it. */
  readonly name: string;
  /**
   * The base URL, without a trailing slash. For `openai-chat` it includes the
   * version path (`.../v1`), for `anthropic-messages` it does not. Null when
   * no address fits everyone: the config must then say it. `{region}` stands
   * for the region of AWS, which only rows that sign have; `{project}` and
   * `{location}` for those of Google Cloud, which only rows with its tokens have.
   */
  readonly baseUrl: string | null;
  /**
   * Environment variables that hold the credential, the preferred one first. Empty when none is
   * needed.
   */
  readonly credentialEnv: readonly string[];
  /** Whether a provider of this kind can be used without a credential. */
  readonly credentialOptional: boolean;
  /** How the credential travels. */
  readonly auth: AuthScheme;
  /** The wire dialect that the endpoint speaks. */
  readonly dialect: CatalogDialect;
  /**
   * Other dialects in which it serves chat at the same base URL; a caller who speaks one is not
   * translated.
   */
  readonly alsoSpeaks?: readonly CatalogDialect[];
  /** Models that it serves otherwise; the first that fits a model's name counts. */
  readonly families?: readonly ModelFamily[];
  /**
   * Stands between the base URL, also a configured one, and the paths of the dialect. `{project}`
   * and `{location}` are those of Google Cloud; the part that names them is left out where an API
   * key is used for no project. Absent: nothing does.
   */
  readonly pathPrefix?: string;
  /** Path of chat calls after the base URL, when it is not the dialect's own. */
  readonly chatPath?: string;
  /** Path of rerank calls after the base URL, when it is not the dialect's own. */
  readonly rerankPath?: string;
  /** Path of embedding calls after the base URL, when it is not the dialect's own. */
  readonly embeddingsPath?: string;
  /** What the endpoint serves. */
  readonly operations: readonly Operation[];
  /**
   * Rows of the `openai-chat` dialect declare every quirk; rows of other dialects have none yet.
   */
  readonly quirks: Partial<Quirks>;
  /**
   * Values of each customer's own that the base URL has places for, or that requests carry. Absent:
   * none.
   */
  readonly variables?: readonly RowVariable[];
  /** Names of the facts above that no vendor page was found for. */
  readonly unverified: readonly string[];
  /** The vendor's page that describes the endpoint; "" for the simulator, which has none. */
  readonly docs: string;
}

/**
 * The service of AWS that requests of a row are signed for; undefined for rows that do not sign.
 */
export function signedService({ auth }: CatalogRow): string | undefined {
  return typeof auth === "object" && "sigv4" in auth ? auth.sigv4 : undefined;
}

/** The scope of Google's tokens that a row asks for; undefined for rows that take none. */
export function googleScope({ auth }: CatalogRow): string | undefined {
  return typeof auth === "object" && "google" in auth ? auth.google : undefined;
}

/**
 * The scope of the tokens of Microsoft Entra ID that a row asks for; undefined for rows that take
 * none.
 */
export function entraScope({ auth }: CatalogRow): string | undefined {
  return typeof auth === "object" && "entra" in auth ? auth.entra : undefined;
}

/** Whether a row's API keys are exchanged for tokens at IBM's IAM. */
export function exchangesKeys({ auth }: CatalogRow): boolean {
  return typeof auth === "object" && "ibmIam" in auth;
}
