import { isObject, parseJson } from "../../../json/json.ts";
import { type ConfigScope, inField, problem } from "../../config-scope.ts";
import { isHttp } from "../../http-url.ts";

/** Whether a URL, of the field `name` of a scope, can be asked; reports where it cannot. */
export function isServiceUrl(
  url: string,
  scope: ConfigScope,
  example: string,
  name = "url",
): boolean {
  const fault = !isHttp(url)
    ? "is not an http or https URL"
    : isUnsent(new URL(url))
      ? "has a user or a fragment, which are not sent"
      : undefined;
  if (fault === undefined) return true;
  problem(inField(scope, name), {
    message: fault,
    hint: `write it as ${example}`,
    ruleId: "service_url",
  });
  return false;
}

function isUnsent({ username, password, hash }: URL): boolean {
  return `${username}${password}${hash}` !== "";
}

/** A URL that paths are added to. */
export function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}

/**
 * The text of a field that holds JSON, without white space around it; undefined after a report
 * that it holds something else.
 */
export function jsonOf(
  text: string,
  kind: "object" | "list",
  scope: ConfigScope,
): string | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return "";
  const parsed = parseJson(trimmed);
  const value = parsed.ok ? parsed.value : undefined;
  if (kind === "object" ? isObject(value) : Array.isArray(value)) return trimmed;
  return problem(scope, {
    message: `is not ${kind === "object" ? "an object" : "a list"} of JSON`,
    hint: `write it as ${kind === "object" ? '\'{"name": "value"}\'' : '\'[{"name": "value"}]\''}`,
    ruleId: "service_json",
  });
}
