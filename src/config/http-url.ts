import { type ConfigScope, inField, problem } from "./config-scope.ts";

/** Whether a text is a URL of http or https. */
export function isHttp(url: string): boolean {
  const parsed = URL.parse(url);
  return parsed !== null && /^https?:$/.test(parsed.protocol);
}

/** Reports that a field of a scope is none. */
export function notHttp(scope: ConfigScope, example: string, field = "url"): undefined {
  return problem(inField(scope, field), {
    message: "is not an http or https URL",
    hint: `write it as ${example}`,
    ruleId: "http_url",
  });
}
