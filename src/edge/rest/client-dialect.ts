import type { FacadeEntry } from "../../adapters/dialect-entry.ts";
import { type FacadeName, facades, isFacadeName } from "../../adapters/registry.ts";
import type { Exchange } from "../http/exchange.ts";
import { withoutVersion } from "./rest-route.ts";

/**
 * Whose client sends a request that no route has: that of its path, as the registry says; where
 * several share the path, that of the headers by which their SDKs are known; else OpenAI's.
 */
export function clientDialect(exchange: Exchange): FacadeName {
  return pathDialect(withoutVersion(exchange.path)) ?? headerDialect(exchange) ?? "openai-chat";
}

/** The folders of paths that only one dialect has, without their version. */
const folders = foldersOf(Object.entries(facades));

function foldersOf(
  entries: readonly (readonly [string, FacadeEntry])[],
): readonly (readonly [folder: string, client: FacadeName])[] {
  return entries.flatMap(([name, { folders: own = [] }]) =>
    isFacadeName(name) ? own.map((path) => [withoutVersion(path), name] as const) : [],
  );
}

function pathDialect(path: string): FacadeName | undefined {
  return folders.find(([folder]) => path === folder || path.startsWith(`${folder}/`))?.[1];
}

/**
 * What the SDKs send: https://platform.claude.com/docs/en/api/versioning, https://ai.google.dev/api
 * and the clients that Fern makes for Cohere.
 */
function headerDialect(exchange: Exchange): FacadeName | undefined {
  if (exchange.header("anthropic-version") !== undefined) return "anthropic-messages";
  if (exchange.header("x-goog-api-key") !== undefined) return "gemini";
  if (exchange.header("x-fern-sdk-name")?.startsWith("cohere") === true) return "cohere";
  return undefined;
}
