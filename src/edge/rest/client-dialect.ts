import { type ClientName, clients, isClientName } from "../../adapters/registry.ts";
import type { Exchange } from "../http/exchange.ts";
import { withoutVersion } from "./rest-route.ts";

/**
 * Whose client sends a request that no route has: that of its path, as the registry says; where
 * several share the path, that of the headers by which their SDKs are known; else OpenAI's.
 */
export function clientDialect(exchange: Exchange): ClientName {
  return pathDialect(withoutVersion(exchange.path)) ?? headerDialect(exchange) ?? "openai-chat";
}

/** The folders of paths that only one dialect has, without their version. */
const folders: readonly (readonly [folder: string, client: ClientName])[] = Object.entries(
  clients,
).flatMap(([name, { folders: own = [] }]) =>
  isClientName(name) ? own.map((path) => [withoutVersion(path), name] as const) : [],
);

function pathDialect(path: string): ClientName | undefined {
  return folders.find(([folder]) => path === folder || path.startsWith(`${folder}/`))?.[1];
}

/**
 * What the SDKs send: https://platform.claude.com/docs/en/api/versioning, https://ai.google.dev/api
 * and the clients that Fern makes for Cohere.
 */
function headerDialect(exchange: Exchange): ClientName | undefined {
  if (exchange.header("anthropic-version") !== undefined) return "anthropic-messages";
  if (exchange.header("x-goog-api-key") !== undefined) return "gemini";
  if (exchange.header("x-fern-sdk-name")?.startsWith("cohere") === true) return "cohere";
  return undefined;
}
