import type { Catalog } from "../../../adapters/catalog/catalog.ts";

/** The vendor of a deployment, and the model there. */
export interface Vendor {
  /** The `kind` of a provider. */
  readonly kind: string;
  /** The model in the vendor's words; may hold a `*`. */
  readonly model: string;
  /** The region of AWS that the name of the model says. */
  readonly region?: string;
  /** How the model is called, where its name says so. */
  readonly use?: "responses" | "completions";
}

/** LiteLLM's names of vendors that are not ours. */
const kindsByPrefix: Readonly<Record<string, string>> = {
  aiohttp_openai: "openai",
  anthropic_text: "anthropic",
  azure_text: "azure",
  "text-completion-openai": "openai",
  "text-completion-codestral": "codestral",
  vertex_ai_beta: "vertex_ai",
  watsonx_text: "watsonx",
  sagemaker_nova: "sagemaker_chat",
  custom: "openai_compatible",
  openai_compatible: "openai_compatible",
};

const completions = new Set(["text-completion-openai", "azure_text"]);

/** Makers of models whose names need no vendor before them. */
const makers: readonly (readonly [RegExp, string])[] = [
  [
    /^(gpt-|chatgpt-|o[1-9](-|$)|text-embedding-|omni-|text-moderation|ft:|davinci|babbage|codex-|computer-use)/,
    "openai",
  ],
  [/^claude-/, "anthropic"],
  [/^(us|eu|apac|au|jp|global|us-gov)\.[a-z0-9]+\./, "bedrock"],
  [/^(anthropic|amazon|meta|cohere|mistral|ai21|deepseek|qwen|openai)\.[a-z]/, "bedrock"],
  [/^gemini-/, "vertex_ai"],
  [/^(command|embed-|rerank-)/, "cohere"],
  [/^grok-/, "xai"],
  [/^sonar/, "perplexity"],
  [/^deepseek-(chat|reasoner|coder)/, "deepseek"],
  [/:[0-9a-f]{64}$/, "replicate"],
];

/**
 * Finds the vendor of a deployment as LiteLLM does: what `custom_llm_provider` says, else the text
 * before the first slash, else the host of `api_base`, else the maker of the model. Undefined:
 * none is known.
 */
export function vendorOf(
  model: string,
  named: string | undefined,
  base: string | undefined,
  catalog: Catalog,
): Vendor | undefined {
  const slash = model.indexOf("/");
  const prefix = slash < 1 ? undefined : model.slice(0, slash);
  const stated = named ?? (prefix !== undefined && isVendor(prefix, catalog) ? prefix : undefined);
  const bare =
    slash > 0 && (prefix === stated || (named === undefined && stated !== undefined))
      ? model.slice(slash + 1)
      : model;
  if (stated !== undefined) return within(stated, bare, catalog);
  const host = base === undefined ? undefined : vendorAt(base, catalog);
  if (host !== undefined) return { kind: host, model };
  const maker = makers.find(([names]) => names.test(model));
  return maker === undefined ? undefined : within(maker[1], model, catalog);
}

function isVendor(prefix: string, catalog: Catalog): boolean {
  return catalog.has(prefix) || Object.hasOwn(kindsByPrefix, prefix);
}

/** Reads what LiteLLM puts between the vendor and the model. */
function within(vendor: string, model: string, catalog: Catalog): Vendor | undefined {
  const kind = Object.hasOwn(kindsByPrefix, vendor) ? kindsByPrefix[vendor] : vendor;
  if (kind === undefined || !catalog.has(kind)) return undefined;
  if (completions.has(vendor)) return { kind, model, use: "completions" };
  switch (kind) {
    case "bedrock":
      return bedrock(model);
    case "azure":
    case "azure_openai":
      return { kind, ...responses(model.replace(/^(o_series|gpt5_series)\//, "")) };
    case "openai":
      return { kind, ...responses(model) };
    case "huggingface":
      return { kind, model: routed(model) };
    default:
      return { kind, model };
  }
}

const regionName = /^(us|eu|ap|sa|ca|me|af|il|mx)(-gov)?-[a-z]+-\d$/;

/** `REGION/MODEL`, `converse/MODEL`, `invoke/MODEL` and `ROUTE/REGION/MODEL`. */
function bedrock(model: string): Vendor {
  const parts = model.split("/");
  let kind = "bedrock";
  let region: string | undefined;
  while (parts.length > 1) {
    const [first = ""] = parts;
    if (regionName.test(first)) region = first;
    else if (first === "invoke") kind = "bedrock_invoke";
    else if (first !== "converse" && first !== "converse_like") break;
    parts.shift();
  }
  return { kind, model: parts.join("/"), ...(region === undefined ? undefined : { region }) };
}

function responses(model: string): Pick<Vendor, "model" | "use"> {
  return model.startsWith("responses/")
    ? { model: model.slice("responses/".length), use: "responses" }
    : { model };
}

/** `HOST/ORG/MODEL` is `ORG/MODEL:HOST` in Hugging Face's own words. */
function routed(model: string): string {
  const parts = model.split("/");
  const [host = "", ...rest] = parts;
  return parts.length === 3 ? `${rest.join("/")}:${host}` : model;
}

/** The vendor whose own host an address names. */
function vendorAt(base: string, catalog: Catalog): string | undefined {
  const host = hostOf(base);
  if (host === undefined) return undefined;
  for (const row of catalog.values())
    if (row.baseUrl !== null && hostOf(row.baseUrl) === host) return row.id;
  return undefined;
}

/** The host of an address; undefined where it is none, or has places to fill. */
export function hostOf(address: string): string | undefined {
  return URL.canParse(address) ? new URL(address).host : undefined;
}
