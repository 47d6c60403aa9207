import { Thinking } from "../../../gen/parlance/model/v1/model_traits_pb.js";
import type { EncodeOptions } from "../../core/dialect.ts";
import { takesBreakpoints } from "../traits/cache-breakpoints.ts";

/** The dialect's name, in the catalog, in `extras_json` and in opaque parts. */
export const DIALECT = "openai-responses";

/** The path of responses, after the provider's base URL. */
export const RESPONSES_PATH = "/responses";

/**
 * Where tokens are counted. See
 * https://platform.openai.com/docs/api-reference/responses/input-tokens.
 */
export const COUNT_PATH = "/responses/input_tokens";

/**
 * What a vendor may deviate in. Absent: as OpenAI does.
 *
 * - `instructions`: whether leading instructions go to `instructions`; else they stay in `input`,
 *   as a message. Default true.
 * - `minOutputTokens`: the least `max_output_tokens` that is taken. Default 16.
 * - `maxOutputTokens`: whether `max_output_tokens` is taken at all. Default true.
 * - `extendedSampling`: whether penalties, top_k, min_p, seed, stop and logit_bias are taken.
 *   Default false.
 * - `cacheBreakpoints`: whether `prompt_cache_breakpoint` is taken on content. Default: by GPT-5.6
 *   and later (https://platform.openai.com/docs/guides/prompt-caching, 2026-11).
 * - `searchSources`: whether `include` takes `web_search_call.action.sources`. Default: by models of
 *   OpenAI.
 * - `storage`: whether responses, conversations, prompts and files are kept, so that requests may
 *   refer to them. Default true.
 * - `encryptedReasoning`: whether `include` takes `reasoning.encrypted_content`. Default true.
 * - `customTools`: whether custom tools and tools of namespaces are taken; else they are sent as
 *   functions. Default true.
 */
export interface ResponsesQuirks {
  readonly instructions?: boolean;
  readonly minOutputTokens?: number;
  readonly maxOutputTokens?: boolean;
  readonly extendedSampling?: boolean;
  readonly cacheBreakpoints?: boolean;
  readonly encryptedReasoning?: boolean;
  readonly searchSources?: boolean;
  readonly storage?: boolean;
  readonly customTools?: boolean;
}

/** What encoders get: quirks are read member by member, so any record will do. */
export type ResponsesOptions = EncodeOptions<Readonly<Record<string, unknown>>>;

const SEARCHES_AS_OPENAI = /(?:^|\/)(?:gpt-|o\d)/;
/** Begins the id of a reasoning item that is nothing but the sealed proof of a call of a tool. */
export const PROOF_ID = "rs_";

/** What asks for reasoning in encrypted form. */
export const ENCRYPTED = "reasoning.encrypted_content";

/**
 * Whether reasoning comes in encrypted form: a model that does not think refuses to be asked
 * (`Encrypted content is not supported with this model.`).
 */
export function sealsReasoning(
  { traits }: Pick<ResponsesOptions, "traits">,
  { encryptedReasoning }: Pick<Required<ResponsesQuirks>, "encryptedReasoning">,
): boolean {
  return encryptedReasoning && traits?.thinking !== Thinking.NEVER;
}

/**
 * The quirks that a record declares, and what is known of the model; members of another type than
 * the dialect's are as if absent.
 */
export function readQuirks(
  quirks: Readonly<Record<string, unknown>>,
  model = "",
): Required<ResponsesQuirks> {
  const { minOutputTokens: min, cacheBreakpoints, searchSources } = quirks;
  return {
    instructions: quirks.instructions !== false,
    minOutputTokens: typeof min === "number" ? min : 16,
    maxOutputTokens: quirks.maxOutputTokens !== false,
    extendedSampling: quirks.extendedSampling === true,
    cacheBreakpoints:
      typeof cacheBreakpoints === "boolean" ? cacheBreakpoints : takesBreakpoints(model),
    encryptedReasoning: quirks.encryptedReasoning !== false,
    searchSources:
      typeof searchSources === "boolean" ? searchSources : SEARCHES_AS_OPENAI.test(model),
    storage: quirks.storage !== false,
    customTools: quirks.customTools !== false,
  };
}
