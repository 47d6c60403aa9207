import { type FacadeName, facades } from "../../adapters/registry.ts";
import type { Facade } from "../../core/dialect.ts";
import type { Engine } from "../gateway-api.ts";
import { createRestHandler, type RestHandler, type RestOptions } from "./rest-handler.ts";

/**
 * The REST surface for the clients that there are: those of OpenAI, Anthropic, Google, Ollama,
 * Cohere and AWS.
 */
export function createRestEdge(
  engine: Engine,
  options: Pick<RestOptions, "ready" | "refuseElsewhere" | "heartbeatMs">,
): RestHandler {
  return createRestHandler({ ...options, engine, facade: createFacades() });
}

function createFacades(): (name: FacadeName) => Promise<Facade> {
  const loaders = new Map<string, () => Promise<Facade>>(
    Object.entries(facades).map(([name, { load }]) => [name, createFacadeLoader(load)]),
  );
  return (name) => (loaders.get(name) ?? facades[name].load)();
}

/**
 * Loads a facade on first use. An import that has been made costs little, but more than a promise
 * that is kept; one that failed is made again on the next use.
 */
export function createFacadeLoader(load: () => Promise<Facade>): () => Promise<Facade> {
  let loading: Promise<Facade> | undefined;
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
}
