/** How the names of a vendor's models tell which model they are. */
export type NameRule =
  /** A name is a model. */
  | "exact"
  /**
   * A model may be named with a date behind it: `gpt-5-2025-08-07`, `claude-sonnet-4-5-20250929`.
   */
  | "dated"
  /** Ids, cross-region profiles and ARNs of Bedrock. */
  | "bedrock"
  /** `name@version`, maybe behind a publisher's path. */
  | "vertex"
  /** `models/name`. */
  | "models_path"
  /** `maker/model:variant`. */
  | "openrouter"
  /** Models that a local server runs in the vendor's cloud: `name:tag-cloud`. */
  | "cloud_tag"
  /** Names are the caller's own; only the base model tells. */
  | "deployment";

/** Where the facts of a row's models are. */
export interface FactSource {
  /** A file of `gen/facts`, without its ending. */
  readonly file: string;
  readonly rule: NameRule;
}

/** A name to look for. */
export interface FactName {
  /** A file of `gen/facts`, without its ending. */
  readonly file: string;
  readonly name: string;
  /** Whether the prices are those of the model asked for too; its limits and abilities are. */
  readonly priced: boolean;
}

const exact = (file: string): FactSource => ({ file, rule: "exact" });
const dated = (file: string): FactSource => ({ file, rule: "dated" });

/**
 * Rows whose vendor's models are in the data. Rows are named here, not the other way round, for a
 * row is a fact about an endpoint and this is one about our data. A row that is not here serves
 * models that nothing is known of.
 */
export const factSources: Readonly<Record<string, FactSource>> = {
  openai: dated("openai"),
  anthropic: dated("anthropic"),
  gemini: { file: "google", rule: "models_path" },
  mistral: exact("mistral"),
  deepseek: exact("deepseek"),
  xai: exact("xai"),
  perplexity: exact("perplexity"),
  moonshot: exact("moonshotai"),
  zai: exact("zai"),
  minimax: exact("minimax"),
  dashscope: exact("alibaba"),
  cohere: exact("cohere"),
  inception: exact("inception"),
  meta_llama: exact("llama"),
  morph: exact("morph"),
  sarvam: exact("sarvam"),
  v0: exact("v0"),
  xiaomi_mimo: exact("xiaomi"),
  azure: { file: "azure", rule: "deployment" },
  azure_ai: { file: "azure", rule: "deployment" },
  bedrock: { file: "amazon-bedrock", rule: "bedrock" },
  bedrock_invoke: { file: "amazon-bedrock", rule: "bedrock" },
  vertex_ai: { file: "google-vertex", rule: "vertex" },
  cloudflare: exact("cloudflare-workers-ai"),
  databricks: exact("databricks"),
  modelscope: exact("modelscope"),
  snowflake: exact("snowflake-cortex"),
  groq: exact("groq"),
  together_ai: exact("togetherai"),
  fireworks_ai: exact("fireworks-ai"),
  openrouter: { file: "openrouter", rule: "openrouter" },
  vercel_ai_gateway: exact("vercel"),
  cerebras: exact("cerebras"),
  nvidia_nim: exact("nvidia"),
  deepinfra: exact("deepinfra"),
  nebius: exact("nebius"),
  novita: exact("novita-ai"),
  baseten: exact("baseten"),
  github: exact("github-models"),
  huggingface: exact("huggingface"),
  friendliai: exact("friendli"),
  scaleway: exact("scaleway"),
  ovhcloud: exact("ovhcloud"),
  wandb: exact("wandb"),
  veniceai: exact("venice"),
  chutes: exact("chutes"),
  synthetic: exact("synthetic"),
  ollama: { file: "ollama-cloud", rule: "cloud_tag" },
  ollama_chat: { file: "ollama-cloud", rule: "cloud_tag" },
};

/**
 * The names under which facts of a model may be found, the surest first. Each is the model's own
 * name or a documented spelling of it; where none of them is in the data nothing is known of the
 * model. `baseModel`: what a deployment serves.
 */
export function factNames(
  kind: string,
  model: string,
  baseModel: string | undefined,
): readonly FactName[] {
  const source = Object.hasOwn(factSources, kind) ? factSources[kind] : undefined;
  if (source === undefined) return [];
  if (source.rule === "deployment")
    return baseModel === undefined ? [] : [...datedNames(source.file, baseModel)];
  return namesUnder(source, baseModel ?? model);
}

function namesUnder({ file, rule }: FactSource, model: string): readonly FactName[] {
  switch (rule) {
    case "exact":
    case "deployment":
      return [sure(file, model)];
    case "dated":
      return datedNames(file, model);
    case "bedrock":
      return bedrockNames(file, model);
    case "vertex":
      return vertexNames(file, model);
    case "models_path":
      return [sure(file, model.replace(/^models\//, ""))];
    case "openrouter":
      return openRouterNames(file, model);
    case "cloud_tag":
      return cloudTagNames(file, model);
  }
}

function sure(file: string, name: string): FactName {
  return { file, name, priced: true };
}

/**
 * A dated name is a snapshot of the name without its date: https://platform.openai.com/docs/models,
 * https://platform.claude.com/docs/en/about-claude/models/overview (2026-11). An older snapshot may
 * have other prices.
 */
function datedNames(file: string, model: string): readonly FactName[] {
  const plain = /^(.+)-(?:20\d{2}-\d{2}-\d{2}|20\d{6})$/.exec(model)?.[1];
  return plain === undefined
    ? [sure(file, model)]
    : [sure(file, model), { file, name: plain, priced: false }];
}

/**
 * ARNs of foundation models and of cross-region profiles end with their id; those of application
 * profiles and of provisioned throughput do not tell the model. A profile's id is the model's
 * behind the name of its geography, where it may cost something else:
 * https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html (2026-11).
 */
function bedrockNames(file: string, model: string): readonly FactName[] {
  const arn =
    /^arn:aws[a-z-]*:bedrock:[^:]*:[^:]*:(foundation-model|inference-profile)\/(.+)$/.exec(model);
  const id = arn?.[2] ?? model;
  const plain = /^(?:us|us-gov|eu|apac|au|jp|ca|in|global)\.(.+)$/.exec(id)?.[1];
  return plain === undefined
    ? [sure(file, id)]
    : [sure(file, id), { file, name: plain, priced: false }];
}

/** The data name the version that an unversioned name stands for `default`. */
function vertexNames(file: string, model: string): readonly FactName[] {
  const name = model.replace(/^publishers\/[^/]+\/models\//, "");
  return name.includes("@")
    ? [sure(file, name)]
    : [sure(file, name), sure(file, `${name}@default`)];
}

/**
 * `:nitro`, `:floor` and `:exacto` choose among the model's hosts, `:online` adds searches:
 * https://openrouter.ai/docs/guides/routing/model-variants/nitro.
 */
function openRouterNames(file: string, model: string): readonly FactName[] {
  const plain = /^(.+):(?:nitro|floor|exacto|online)$/.exec(model)?.[1];
  return plain === undefined
    ? [sure(file, model)]
    : [sure(file, model), { file, name: plain, priced: false }];
}

/**
 * https://docs.ollama.com/cloud. What a local model can do depends on how it is run, so nothing is
 * known of it.
 */
function cloudTagNames(file: string, model: string): readonly FactName[] {
  const plain = /^(.+)[:-]cloud$/.exec(model)?.[1];
  return plain === undefined ? [] : [sure(file, plain)];
}
