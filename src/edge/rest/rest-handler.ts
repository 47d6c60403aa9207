import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Call } from "../../core/call.ts";
import type { Facade } from "../../core/dialect.ts";
import { draining } from "../../core/draining.ts";
import { invalidField } from "../../core/fault.ts";
import { GatewayError } from "../../core/gateway-error.ts";
import type { Engine } from "../engine.ts";
import type { Exchange } from "../http/exchange.ts";
import { asksGoogleModels, serveGoogleModels } from "./google-models.ts";
import { serveModels } from "./models-route.ts";
import { readCall } from "./read-call.ts";
import { faultOf, sendFault } from "./rest-error.ts";
import { createRouteMatcher, type Facades, type MatchedRoute, withoutVersion } from "./rest-route.ts";
import { sendReply } from "./send-reply.ts";

/** What the REST surface is made of. */
export interface RestOptions {
  readonly engine: Engine;
  readonly facades: Facades;
  /** The answer of Ollama's `/api/tags` for models by name. */
  readonly encodeTags: (names: readonly string[], nowUnixS: number) => string;
  /** Whether new calls are answered; false while draining or when nothing can be served. */
  readonly ready: () => boolean;
}

/** The REST surface. */
export interface RestHandler {
  /** Answers any path; those it does not know with 404. */
  handle(exchange: Exchange): Promise<void>;
  /** Answers a call that comes while the gateway shuts down. */
  refuse(exchange: Exchange): Promise<void>;
}

/** Makes the REST surface. */
export function createRestHandler(options: RestOptions): RestHandler {
  const { engine, facades } = options;
  const match = createRouteMatcher();
  const facadeFor = (exchange: Exchange): Promise<Facade> =>
    facades[match(exchange.path)?.route.facade ?? (asksGoogleModels(exchange) ? "gemini" : "openAi")]();

  const fail = async (exchange: Exchange, error: unknown): Promise<void> => {
    if (!exchange.headSent) sendFault(exchange, await facadeFor(exchange), faultOf(error, engine.onBug));
  };

  return {
    async handle(exchange) {
      try {
        if (serveProbe(exchange, options.ready)) return;
        const matched = match(exchange.path);
        if (matched !== undefined) return await serveCall(exchange, matched, options);
        if (exchange.path === "/api/tags") {
          allow(exchange, "GET", "HEAD");
          return serveTags(exchange, options);
        }
        if (asksGoogleModels(exchange)) {
          allow(exchange, "GET", "HEAD");
          return await serveGoogleModels(exchange, engine);
        }
        const path = withoutVersion(exchange.path);
        if (path !== "/models" && !path.startsWith("/models/")) throw unknownPath(exchange);
        allow(exchange, "GET", "HEAD");
        serveModels(exchange, path, engine);
      } catch (error) {
        await fail(exchange, error);
      }
    },
    async refuse(exchange) {
      if (!serveProbe(exchange, options.ready)) sendFault(exchange, await facadeFor(exchange), draining);
    },
  };
}

/** Lists the models to Ollama's clients. */
function serveTags(exchange: Exchange, { engine, encodeTags }: RestOptions): void {
  const principal = engine.identify((name) => exchange.header(name));
  const names = engine.models.list(principal).map((model) => model.name);
  exchange.respond(200, ["content-type", "application/json"], encodeTags(names, engine.nowUnixS()));
}

/** Answers liveness and readiness, under the names that Kubernetes users and LiteLLM's users look for. */
function serveProbe(exchange: Exchange, ready: () => boolean): boolean {
  switch (exchange.path) {
    case "/healthz":
    case "/health/liveliness":
    case "/health/liveness":
      exchange.respond(200, ["content-type", "application/json"], '{"status":"ok"}');
      return true;
    case "/readyz":
    case "/health/readiness": {
      const isReady = ready();
      const body = isReady ? '{"status":"ready"}' : '{"status":"not ready"}';
      exchange.respond(isReady ? 200 : 503, ["content-type", "application/json"], body);
      return true;
    }
    default:
      return false;
  }
}

async function serveCall(exchange: Exchange, matched: MatchedRoute, { engine, facades }: RestOptions): Promise<void> {
  const { operation, facade: name } = matched.route;
  allow(exchange, "POST");
  requireJson(exchange);
  const timeoutMs = timeoutOf(exchange);
  const signal = exchange.signal();
  const body = await exchange.readBody();
  const facade = await facades[name]();
  const read = readCall({ operation, facade }, body, matched.members);
  const call = engine.begin({
    ...read,
    header: (name) => exchange.header(name),
    signal,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  await answer(exchange, call, facade, engine);
}

async function answer(exchange: Exchange, call: Call, facade: Facade, engine: Engine): Promise<void> {
  const context = {
    model: call.model,
    nowUnixS: engine.nowUnixS(),
    callId: call.id,
    wantsUsage: call.origin?.wantsUsage ?? true,
  };
  try {
    const reply = await engine.handle(call);
    await sendReply(exchange, call, reply, { facade, context, onBug: engine.onBug });
  } catch (error) {
    const fault = faultOf(error, engine.onBug);
    if (!exchange.headSent) sendFault(exchange, facade, fault, call);
  }
}

function allow(exchange: Exchange, ...methods: readonly string[]): void {
  if (methods.includes(exchange.method)) return;
  exchange.addHeaders(["allow", methods.join(", ")]);
  throw new GatewayError({
    reason: ErrorReason.METHOD_NOT_ALLOWED,
    message: `${exchange.path} takes ${methods.join(" or ")}, not ${exchange.method}`,
  });
}

/** JSON must say that it is JSON: what a browser sends without asking first never does. */
function requireJson(exchange: Exchange): void {
  const type = exchange.header("content-type");
  if (type !== undefined && /^application\/(json|[\w.+-]+\+json)\s*(;|$)/i.test(type)) return;
  const given = type === undefined ? "none was sent" : `not ${type}`;
  throw new GatewayError({
    reason: ErrorReason.UNSUPPORTED_MEDIA_TYPE,
    message: `content-type must be application/json, ${given}`,
  });
}

/** How long the caller will wait: `x-parlance-timeout-ms`, or `x-litellm-timeout` in seconds. */
function timeoutOf(exchange: Exchange): number | undefined {
  const given: readonly (readonly [name: string, factor: number])[] = [
    ["x-parlance-timeout-ms", 1],
    ["x-litellm-timeout", 1000],
  ];
  for (const [name, factor] of given) {
    const text = exchange.header(name);
    if (text === undefined) continue;
    const timeoutMs = Number(text) * factor;
    if (text.trim() !== "" && timeoutMs > 0 && Number.isFinite(timeoutMs)) return Math.min(timeoutMs, 2 ** 31 - 1);
    throw new GatewayError(invalidField(name, "give a number above 0"));
  }
  return undefined;
}

function unknownPath(exchange: Exchange): GatewayError {
  return new GatewayError({
    reason: ErrorReason.UNKNOWN_PATH,
    message: `there is nothing at ${exchange.method} ${exchange.path}: GET / lists what this gateway serves`,
  });
}
