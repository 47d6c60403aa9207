import type { Surroundings } from "../surroundings.ts";
import { variableOf } from "../surroundings.ts";
import type { Place } from "../tree/tree.ts";
import type { Read } from "../tree/values.ts";
import { hostOf, type Vendor } from "./vendor-of.ts";

/** What LiteLLM takes after the address of a vendor, and we append ourselves. */
const operations =
  /\/(chat\/completions|completions|embeddings|responses|rerank|v1\/messages|api\/chat|api\/generate|v[12]\/chat)$/;

/** An address as `base_url` takes it: without operation, query and slashes at the end. */
export function baseUrlOf(address: string, kind: string): string {
  if (!URL.canParse(address)) return address;
  const url = new URL(address);
  url.search = "";
  url.hash = "";
  let path = url.pathname.replace(/\/+$/, "").replace(operations, "");
  // Azure's deployments and versions are written by us.
  if (/^azure/.test(kind)) path = path.replace(/\/(openai(\/.*)?|models)$/, "");
  return `${url.origin}${path}`;
}

/** The address that the environment names for a vendor, as LiteLLM looks for it. */
export function addressOfEnvironment(
  kind: string,
  surroundings: Surroundings,
  at: Place,
): Read<string> | undefined {
  const stem = kind
    .replace(/_chat$/, "")
    .replace(/[^a-z0-9]/g, "_")
    .toUpperCase();
  for (const name of [`${stem}_API_BASE`, `${stem}_BASE_URL`]) {
    const value = variableOf(name, surroundings);
    if (value !== undefined) return { value, at };
  }
  return undefined;
}

/** Models that OpenAI makes: at another address they are OpenAI's all the same. */
const ofOpenai = /^(gpt-[345]|chatgpt-|o[1-9](-|$)|text-embedding-|omni-)/;

/** The kind of a vendor at an address of one's own, which may be another server of its dialect. */
export function kindAt({ kind, model }: Vendor, base: string | undefined): string {
  if (base === undefined) return kind;
  if (kind === "huggingface" && !hostOf(base)?.endsWith("router.huggingface.co"))
    return "openai_compatible";
  if (kind !== "openai" || hostOf(base)?.endsWith("openai.com") || ofOpenai.test(model))
    return kind;
  return "openai_compatible";
}
