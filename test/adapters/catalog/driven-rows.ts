import { catalogRows } from "../../../src/adapters/catalog/catalog.ts";
import {
  type CatalogRow,
  entraScope,
  googleScope,
} from "../../../src/adapters/catalog/catalog-row.ts";
import type { DialectName } from "../../../src/adapters/registry.ts";
import type { Drive } from "./drive.ts";
import { driveAnthropicMessages } from "./drive-anthropic-messages.ts";
import { driveAzureOpenAi, driveAzureOpenAiResponses } from "./drive-azure-openai.ts";
import { driveBedrockConverse } from "./drive-bedrock-converse.ts";
import { driveBedrockInvoke } from "./drive-bedrock-invoke.ts";
import { driveCohere } from "./drive-cohere.ts";
import { driveCompletions, driveFim } from "./drive-completions.ts";
import { driveGemini } from "./drive-gemini.ts";
import { driveHuggingfaceTei, driveHuggingfaceTgi } from "./drive-huggingface.ts";
import { driveOllama } from "./drive-ollama.ts";
import { driveOpenAiChat } from "./drive-openai-chat.ts";
import { driveOpenAiResponses } from "./drive-openai-responses.ts";
import { driveReplicate } from "./drive-replicate.ts";
import {
  driveBedrockRerank,
  driveDashscopeRerank,
  driveDeepinfraRerank,
  driveNvidiaRerank,
  driveVertexRerank,
} from "./drive-rerankers.ts";
import { driveSagemakerChat, driveSagemakerTgi } from "./drive-sagemaker.ts";
import { driveVertexChat, driveVertexGemini, driveVertexMessages } from "./drive-vertex-ai.ts";
import { driveWatsonx } from "./drive-watsonx.ts";

/** A new dialect of the catalog needs a drive, or this does not compile. */
export const drives: Readonly<Record<Exclude<DialectName, "sim">, Drive>> = {
  "openai-chat": driveOpenAiChat,
  "openai-completions": driveCompletions,
  "fim-completions": driveFim,
  "openai-responses": driveOpenAiResponses,
  "azure-openai": driveAzureOpenAi,
  "azure-openai-responses": driveAzureOpenAiResponses,
  "anthropic-messages": driveAnthropicMessages,
  "vertex-messages": driveVertexMessages,
  "vertex-chat": driveVertexChat,
  gemini: driveGemini,
  ollama: driveOllama,
  cohere: driveCohere,
  "huggingface-tgi": driveHuggingfaceTgi,
  "huggingface-tei": driveHuggingfaceTei,
  "bedrock-converse": driveBedrockConverse,
  "bedrock-invoke": driveBedrockInvoke,
  "sagemaker-chat": driveSagemakerChat,
  "sagemaker-tgi": driveSagemakerTgi,
  watsonx: driveWatsonx,
  replicate: driveReplicate,
  "bedrock-rerank": driveBedrockRerank,
  "vertex-rerank": driveVertexRerank,
  "dashscope-rerank": driveDashscopeRerank,
  "deepinfra-rerank": driveDeepinfraRerank,
  "nvidia-rerank": driveNvidiaRerank,
};

/** One row, or one family of a row's models, with what drives it. */
export interface Driven {
  /** With the facts of a family of its models where that is driven. */
  readonly row: CatalogRow;
  readonly drive: Drive;
  /** What the provider is called. */
  readonly name: string;
  readonly model: string;
  /** The path that stands before those of the drive. */
  readonly base: string;
}

/** Every row, and every family of its models as if it were a row. */
export const driven: readonly Driven[] = catalogRows.flatMap((row) => {
  if (row.dialect === "sim") return [];
  const base = basePath(row) + express(row.pathPrefix ?? "");
  const driveOf = ({ dialect, quirks }: Pick<CatalogRow, "dialect" | "quirks">) =>
    quirks.vertex === true || dialect === "sim" ? driveVertexGemini : drives[dialect];
  const families = (row.families ?? []).map((family, at): Driven => {
    const named = { name: `${row.id}-${at}`, model: family.example };
    const own =
      family.baseUrl === undefined
        ? base
        : express(new URL(filled(family.baseUrl)).pathname).replace(/^\/$/, "");
    const { baseUrl } = row;
    return {
      row: { ...row, ...family, baseUrl },
      drive: driveOf(family),
      ...named,
      base: own + (family.pathPrefix ?? ""),
    };
  });
  return [
    { row, drive: driveOf(row), name: row.id, model: `model-of-${row.id}`, base },
    ...families,
  ];
});

/** The row's own path; a made-up one where the row leaves the address to the config. */
export function basePath({ baseUrl }: CatalogRow): string {
  return baseUrl === null ? "/of/the/config" : new URL(filled(baseUrl)).pathname.replace(/\/$/, "");
}

/** An address with a value for each of its parts. */
export function filled(address: string): string {
  return address.replaceAll(/\{([a-z_]+)\}/g, (_, name) => partOf(name));
}

/** The made-up value of a variable of a row. */
export function partOf(name: string): string {
  return `the-${name.replaceAll("_", "-")}`;
}

/** What is left of a prefix where an API key is used for no project. */
function express(prefix: string): string {
  return prefix.replace(/\/projects\/[^/]+\/locations\/[^/]+/, "");
}

/** Whether a row answers without an API key, and without a token that somebody else issues. */
export const isOpen = (row: CatalogRow): boolean =>
  row.credentialOptional && entraScope(row) === undefined && googleScope(row) === undefined;

/** Made-up values for the variables of a row. */
export const variablesOf = ({ variables = [] }: CatalogRow): Readonly<Record<string, string>> =>
  Object.fromEntries(variables.map(({ name }) => [name, partOf(name)]));
