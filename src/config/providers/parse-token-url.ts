import { type ConfigScope, problem } from "../config-scope.ts";
import type { BaseUrl } from "../provider-identity.ts";

/**
 * Splits the address of a token endpoint; its path keeps the query (RFC 6749, 3.2). Undefined after
 * a report, which never repeats the text: it may carry a password.
 */
export function parseTokenUrl(text: string, scope: ConfigScope): BaseUrl | undefined {
  const url = /\s/.test(text) ? null : URL.parse(text);
  const refuse = (message: string, hint: string): undefined => {
    problem(scope, { message, hint, ruleId: "token_url" });
  };
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    return refuse("is not an http or https URL", 'write it in full: "https://host/path"');
  }
  if (url.username !== "" || url.password !== "") {
    return refuse("must not carry a user or password", "put them in client_id and client_secret");
  }
  if (url.hash !== "") return refuse("must not carry a fragment", "leave it out");
  return { origin: url.origin, path: url.pathname + url.search };
}
