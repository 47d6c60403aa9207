import type { EncodeOptions } from "../../core/dialect.ts";
import { pathSegment } from "../../core/dispatch/url-path.ts";
import type { Quirks } from "../../core/quirks.ts";

/**
 * Quirks that choose among Azure's paths.
 *
 * - `apiVersion`: the version of the API. A date (`2024-10-21`, `2025-04-01-preview`) names one of
 *   the API by deployments; none or `v1` the surface without versions; another word, such as
 *   `preview`, that surface with the word.
 * - `datedPath`: `models` where dates name versions of the Model Inference API of Azure AI Foundry
 *   instead.
 */
export interface AzureQuirks {
  readonly apiVersion?: string;
  readonly datedPath?: "models";
}

/** The first version of the API that has Responses. */
const FIRST_RESPONSES = "2025-03-01";

/**
 * The path of a call after the resource's host, by OpenAI's own path of it:
 *
 * - `/openai/v1/chat/completions`
 * - `/openai/deployments/{model}/chat/completions?api-version=...`
 * - `/openai/responses?api-version=...`, and `/openai/v1/responses` where the version is too old to
 *   have it
 * - `/models/chat/completions?api-version=...`
 *   (https://learn.microsoft.com/en-us/rest/api/aifoundry/modelinference/)
 */
export function azurePath(path: string, { model, quirks }: EncodeOptions<Quirks>): string {
  const version = datedVersion(quirks);
  const word = wordOf(quirks);
  const query = word === "" || word === "v1" ? "" : `?api-version=${encodeURIComponent(word)}`;
  if (version === undefined) return `/openai/v1${path}${query}`;
  const models = quirks.datedPath === "models";
  if (path.startsWith("/responses")) {
    return models || version < FIRST_RESPONSES ? `/openai/v1${path}` : `/openai${path}${query}`;
  }
  return models
    ? `/models${path}${query}`
    : `/openai/deployments/${pathSegment(model)}${path}${query}`;
}

/** The version of the API where it is a date; undefined for the surface without versions. */
export function datedVersion(quirks: Quirks): string | undefined {
  const word = wordOf(quirks);
  return /^\d{4}-\d{2}-\d{2}/.test(word) ? word : undefined;
}

function wordOf({ apiVersion }: Quirks): string {
  return typeof apiVersion === "string" ? apiVersion : "";
}
