import { encodeShow, encodeTags } from "../../adapters/ollama/client/tags.ts";
import { API_VERSION } from "../../adapters/ollama/wire.ts";
import type { Principal } from "../../core/call.ts";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { isObject, parseJson } from "../../json/json.ts";
import type { Engine } from "../gateway-api.ts";
import type { Exchange } from "../http/exchange.ts";
import { findModel, listedModels } from "./listed-models.ts";
import { operationsOf } from "./lists/model-format.ts";

/** What Ollama's clients ask of a server beside calls. */
export interface OllamaRoute {
  readonly methods: readonly string[];
  serve(exchange: Exchange, engine: Engine, principal: Principal): void | Promise<void>;
}

const json = ["content-type", "application/json"] as const;
const read = ["GET", "HEAD"] as const;

/** The routes by their paths. See https://docs.ollama.com/api. */
export const ollamaRoutes: ReadonlyMap<string, OllamaRoute> = new Map<string, OllamaRoute>([
  ["/api/tags", { methods: read, serve: serveTags }],
  ["/api/version", { methods: read, serve: (exchange) => exchange.respond(200, json, version) }],
  // Models are loaded at vendors, if anywhere.
  ["/api/ps", { methods: read, serve: (exchange) => exchange.respond(200, json, nothingLoaded) }],
  ["/api/show", { methods: ["POST"], serve: serveShow }],
]);

const version = JSON.stringify({ version: API_VERSION });
const nothingLoaded = JSON.stringify({ models: [] });

function serveTags(exchange: Exchange, engine: Engine, principal: Principal): void {
  const names = listedModels(engine, principal).map((model) => model.name);
  exchange.respond(200, json, encodeTags(names, engine.nowUnixS()));
}

async function serveShow(exchange: Exchange, engine: Engine, principal: Principal): Promise<void> {
  const parsed = parseJson(await exchange.readBody(MAX_BODY));
  const body = parsed.ok && isObject(parsed.value) ? parsed.value : {};
  // `name` is what older clients call it.
  const name = body.model ?? body.name;
  if (typeof name !== "string" || name === "")
    throw new GatewayError(invalidField("model", "name a model as text"));
  const model = await findModel(engine, principal, name);
  const { description, facts } = model;
  const shown = { description, facts, operations: operationsOf(model) };
  exchange.respond(200, json, encodeShow(shown, engine.nowUnixS()));
}

/** The largest body of a request that names a model, in bytes. */
const MAX_BODY = 64 * 1024;
