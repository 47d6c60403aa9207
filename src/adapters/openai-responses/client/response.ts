import type { FacadeContext } from "../../../core/dialect.ts";
import { asBuffer, isObject, type JsonObject } from "../../../json/json.ts";
import type { Body } from "../../../json/members.ts";
import { scanTopLevel } from "../../../json/scan.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { DIALECT } from "../wire.ts";

/**
 * The members of a response that repeat what its client asked, as it wrote them, and their defaults
 * where it said nothing: https://platform.openai.com/docs/api-reference/responses/object. Clients
 * find their calls by `metadata`, and rebuild a request from the rest.
 */
export function echoOf({ origin }: FacadeContext): Body {
  const echo: Body = { ...defaults };
  if (origin?.dialect !== DIALECT) return echo;
  const body = asBuffer(origin.body);
  for (const { key, valueStart, valueEnd } of scanTopLevel(body) ?? []) {
    const value = origin.json[key];
    if (!ECHOED.has(key) || value === undefined || value === null) continue;
    echo[key] =
      (isObject(value) ? completed(key, value) : undefined) ??
      rawJson(body.toString("utf8", valueStart, valueEnd));
  }
  return echo;
}

/** What clients demand, whatever was asked. */
const defaults: Body = {
  instructions: null,
  max_output_tokens: null,
  metadata: {},
  parallel_tool_calls: true,
  previous_response_id: null,
  reasoning: { effort: null, summary: null },
  temperature: null,
  text: { format: { type: "text" } },
  tool_choice: "auto",
  tools: [],
  top_p: null,
  truncation: "disabled",
  user: null,
};

const ECHOED: ReadonlySet<string> = new Set([
  ...Object.keys(defaults),
  "max_tool_calls",
  "prompt",
  "prompt_cache_key",
  "prompt_cache_retention",
  "safety_identifier",
  "store",
  "top_logprobs",
]);

/** An object with the members that clients demand of it. Undefined: it has them. */
function completed(key: string, value: JsonObject): Writable {
  if (key === "reasoning") return { effort: null, summary: null, ...value };
  if (key === "text" && !isObject(value.format)) return { format: { type: "text" }, ...value };
  return undefined;
}
