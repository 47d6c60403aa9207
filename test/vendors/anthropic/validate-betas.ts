import { asObject, asObjects, asString, isSet, type JsonObject } from "../json-value.ts";

/**
 * What a request must not say without a beta, and what Claude's hosts do not know at all. Hosts
 * refuse `scope` and `eager_input_streaming` whatever the betas. See
 * https://platform.claude.com/docs/en/api/beta-headers and
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html
 * (2026-11).
 */
export interface Grants {
  readonly betas: readonly string[];
  readonly host: "anthropic" | "bedrock";
}

/** The first fault of this kind, in the words of the vendor's 400 body, or undefined. */
export function validateBetas(body: JsonObject, { betas, host }: Grants): string | undefined {
  const has = (...names: readonly string[]): boolean => names.some((name) => betas.includes(name));
  const extra = (path: string): string => `${path}: Extra inputs are not permitted`;
  if (isSet(body.context_management) && !has("context-management-2025-06-27"))
    return extra("context_management");
  if (isSet(body.thread) && !has("message-threads-2026-08-12")) return extra("thread");
  const scoped = marked(body).find(([, mark]) => mark.scope !== undefined);
  const takesScope = host === "anthropic" && has("prompt-caching-scope-2026-01-05");
  if (scoped !== undefined && !takesScope)
    return extra(`${scoped[0]}.cache_control.ephemeral.scope`);
  if (host === "anthropic") return undefined;
  const refused = refusedByHost(has);
  for (const [index, tool] of asObjects(body.tools).entries()) {
    const member = refused.find((name) => tool[name] !== undefined);
    if (member !== undefined) return extra(`tools.${index}.custom.${member}`);
    const type = asString(tool.type) ?? "custom";
    if (/^web_(?:search|fetch)_/.test(type))
      return `tools.${index}: Input tag '${type}' found using 'type' does not match any of the expected tags: 'bash_20250124', 'custom', 'text_editor_20250728'`;
  }
  return undefined;
}

function refusedByHost(has: (...names: readonly string[]) => boolean): readonly string[] {
  return [
    "eager_input_streaming",
    ...(has("tool-search-tool-2025-10-19") ? [] : ["defer_loading"]),
    ...(has("tool-examples-2025-10-29") ? [] : ["input_examples"]),
  ];
}

/** The marks of the cache, with where they stand. */
function marked(body: JsonObject): readonly (readonly [path: string, mark: JsonObject])[] {
  const lists: readonly (readonly [string, readonly JsonObject[]])[] = [
    ["system", asObjects(body.system)],
    ["tools", asObjects(body.tools)],
    ...asObjects(body.messages).map(
      ({ content }, index) => [`messages.${index}.content`, asObjects(content)] as const,
    ),
  ];
  return lists.flatMap(([at, blocks]) =>
    blocks.flatMap((block, index) => {
      const mark = asObject(block.cache_control);
      return mark === undefined ? [] : [[`${at}.${index}`, mark] as const];
    }),
  );
}
