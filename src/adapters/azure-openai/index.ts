import type { Dialect, EncodeOptions } from "../../core/dialect.ts";
import type { Quirks } from "../../core/quirks.ts";
import { rehost } from "../shared/rehost.ts";
import { azurePath, datedVersion } from "./path.ts";

/**
 * OpenAI's dialects as Azure serves them: the same bodies at other paths, by deployment and version
 * of the API or by the `v1` surface, which has no versions. Azure adds the results of its content
 * filters to answers and chunks; the inner dialect keeps them. See
 * https://learn.microsoft.com/en-us/azure/ai-foundry/openai/api-version-lifecycle (2026-11).
 */
export function createAzureDialect<S, Q>(openAi: Dialect<S, Q & Quirks>): Dialect<S, Q & Quirks> {
  return rehost(openAi, {
    options: withVersionQuirks,
    request: (request, _operation, options) => ({
      ...request,
      path: azurePath(request.path, options),
    }),
  });
}

/**
 * The first version that takes `stream_options`, `max_completion_tokens` and `parallel_tool_calls`.
 */
const NEWER_MEMBERS = "2024-09-01";

/** What versions of the API take that are older than what the row says. */
function withVersionQuirks<Q>(options: EncodeOptions<Q & Quirks>): EncodeOptions<Q & Quirks> {
  const { quirks } = options;
  const version = datedVersion(quirks);
  if (version === undefined) return options;
  if (quirks.datedPath === "models")
    return { ...options, quirks: { ...quirks, maxTokensField: "max_tokens" } };
  if (version >= NEWER_MEMBERS) return options;
  const older = { maxTokensField: "max_tokens", streamUsage: false, parallelToolCalls: false };
  return { ...options, quirks: { ...quirks, ...older } };
}
