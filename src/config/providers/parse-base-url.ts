import { baseUrlRule } from "../../adapters/catalog/base-url-rules.ts";
import type { CatalogRow } from "../../adapters/catalog/catalog-row.ts";
import type { BaseUrl } from "../provider-identity.ts";

/** A base URL in parts, or what is wrong with it. */
export type ParsedBaseUrl =
  | { readonly ok: true; readonly baseUrl: BaseUrl }
  | { readonly ok: false; readonly message: string; readonly hint: string };

/**
 * Splits a base URL. A slash at the end is dropped, and for Anthropic's
 * dialect, which appends `/v1/...` itself, a `/v1` at the end as well. The
 * text is never repeated: it may carry a password.
 */
export function parseBaseUrl(text: string, dialect: CatalogRow["dialect"]): ParsedBaseUrl {
  const url = /\s/.test(text) || !URL.canParse(text) ? undefined : new URL(text);
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    return wrong("is not an http or https URL", 'write it in full: "https://host/path"');
  }
  if (url.username !== "" || url.password !== "")
    return wrong("must not carry a user or password", "put the credential in api_key");
  if (url.search !== "" || url.hash !== "")
    return wrong("must not carry a query or fragment", "end it with the path");
  const path = url.pathname.replace(/\/+$/, "");
  const rule = baseUrlRule(dialect);
  const operation = rule.operations.find((end) => path.endsWith(end));
  if (operation !== undefined)
    return wrong(
      "must not name an operation",
      `leave out ${operation}: it is appended to every call`,
    );
  const trimmed = path.replace(rule.ownVersion, "");
  return { ok: true, baseUrl: { origin: url.origin, path: trimmed } };
}

function wrong(message: string, hint: string): ParsedBaseUrl {
  return { ok: false, message, hint };
}
