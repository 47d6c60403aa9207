import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { FacadeEntry } from "../../adapters/dialect-entry.ts";
import { type FacadeName, facades } from "../../adapters/registry.ts";
import { signInPath } from "../../core/caller/sign-in.ts";
import type { Facade } from "../../core/dialect.ts";
import { draining } from "../../core/faults/draining.ts";
import type { Fault } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { callIdHeader } from "../call-id.ts";
import { callerWaits } from "../caller-waits.ts";
import { faultOf } from "../fault-of.ts";
import type { Engine } from "../gateway-api.ts";
import type { Exchange } from "../http/exchange.ts";
import { answerCall } from "./answer-call.ts";
import { arrayExchange, asksArray } from "./array-stream.ts";
import { clientDialect } from "./client-dialect.ts";
import { identifyCaller, signatureOf } from "./identify-caller.ts";
import { managementPath } from "./litellm/litellm-paths.ts";
import { modelsRoute } from "./models-route.ts";
import { ollamaRoutes } from "./ollama-route.ts";
import { type CalledRoute, codecFor, readCall } from "./read-call.ts";
import { refusedPath } from "./refused-paths.ts";
import { sendFault } from "./rest-error.ts";
import { createRouteMatcher, type MatchedRoute } from "./rest-route.ts";

/** What the REST surface is made of. */
export interface RestOptions {
  readonly engine: Engine;
  /** Gives a dialect of clients, which is loaded when the first of them asks. */
  readonly facade: (name: FacadeName) => Promise<Facade>;
  /** How long a stream may be silent, in milliseconds; 0: for ever. */
  readonly heartbeatMs: number;
  /** Whether new calls are answered; false while draining or when nothing can be served. */
  readonly ready: () => boolean;
  /**
   * Refuses a path that is none of REST, if the request is in another protocol; else returns false.
   */
  readonly refuseElsewhere: (exchange: Exchange, error: GatewayError) => boolean;
}

/** The REST surface. */
export interface RestHandler {
  /** Answers any path; those it does not know with 404. */
  handle(exchange: Exchange): Promise<void>;
  /**
   * Refuses a request in the dialect of its path; but probes are answered while the gateway shuts
   * down.
   */
  refuse(exchange: Exchange, fault: Fault): Promise<void>;
}

/** Makes the REST surface. */
export function createRestHandler(options: RestOptions): RestHandler {
  const { engine } = options;
  const match = createRouteMatcher();

  const refuse = async (exchange: Exchange, fault: Fault): Promise<void> => {
    if (exchange.headSent || exchange.closed) return;
    const route = match(exchange.path)?.route;
    const principal = exchange.principal?.name;
    const operation = route?.operation ?? "unknown";
    const { clientAddress } = exchange;
    const id = engine.refuse({ operation, principal, clientAddress, fault });
    const facade = await options.facade(route?.facade ?? clientDialect(exchange));
    sendFault(exchange, facade, fault, { id, headers: [callIdHeader, id] });
  };

  const serve = (exchange: Exchange): Promise<void> => {
    const matched = match(exchange.path);
    return matched === undefined ? serveOther(exchange) : serveCall(exchange, matched, options);
  };

  const serveOther = async (exchange: Exchange): Promise<void> => {
    const ollama = ollamaRoutes.get(exchange.path);
    if (ollama !== undefined) {
      const principal = await identifyCaller(exchange, engine, false);
      allow(exchange, ...ollama.methods);
      return ollama.serve(exchange, engine, principal);
    }
    const models = modelsRoute(exchange, engine);
    if (models !== undefined) {
      const { keyInQuery, signed }: FacadeEntry = facades[clientDialect(exchange)];
      const signature = signed === true ? signatureOf(exchange, engine) : undefined;
      const principal =
        signature?.verify(NO_BODY) ?? (await identifyCaller(exchange, engine, keyInQuery === true));
      exchange.principal = principal;
      allow(exchange, "GET", "HEAD");
      return models(principal);
    }
    const managed = managementPath(exchange.path);
    if (managed !== undefined) {
      // Loaded with the first request: most gateways never serve one.
      const { serveManagement } = await import("./litellm/serve-management.ts");
      return serveManagement(exchange, engine, managed);
    }
    const unknown = refusedPath(exchange.path) ?? unknownPath(exchange);
    if (!options.refuseElsewhere(exchange, unknown)) throw unknown;
  };

  return {
    async handle(exchange) {
      try {
        if (exchange.path === signInPath) serveSignIns(exchange, engine);
        else if (!serveProbe(exchange, options.ready)) await serve(exchange);
      } catch (error) {
        await refuse(exchange, faultOf(error, engine.onBug));
      }
    },
    async refuse(exchange, fault) {
      const draining = fault.reason === ErrorReason.DRAINING;
      if (!draining || !serveProbe(exchange, options.ready)) await refuse(exchange, fault);
    },
  };
}

/** Says how people sign in, to whoever asks: they have no key yet. */
function serveSignIns(exchange: Exchange, engine: Engine): void {
  allow(exchange, "GET", "HEAD");
  const signIns = engine.signIns().map(({ name, issuer, clientId, scopes, token }) => {
    return { name, issuer, client_id: clientId, scopes, token };
  });
  const body = JSON.stringify({ sign_ins: signIns });
  exchange.respond(200, ["content-type", "application/json"], body);
}

const NO_BODY = new Uint8Array();

/**
 * Answers liveness and readiness, under the names that Kubernetes users and LiteLLM's users look
 * for.
 */
function serveProbe(exchange: Exchange, ready: () => boolean): boolean {
  switch (exchange.path) {
    case "/health/liveliness":
    case "/health/liveness":
      exchange.respond(200, ["content-type", "application/json"], '"I\'m alive!"');
      return true;
    case "/healthz":
      exchange.respond(200, ["content-type", "application/json"], '{"status":"ok"}');
      return true;
    case "/readyz":
    case "/health/readiness": {
      const isReady = ready();
      // LiteLLM's word for what Kubernetes calls ready.
      const word = exchange.path === "/readyz" ? "ready" : "healthy";
      const body = isReady ? `{"status":"${word}"}` : `{"status":"not ${word}"}`;
      exchange.respond(isReady ? 200 : 503, ["content-type", "application/json"], body);
      return true;
    }
    default:
      return false;
  }
}

async function serveCall(
  exchange: Exchange,
  matched: MatchedRoute,
  { engine, facade: load, heartbeatMs }: RestOptions,
): Promise<void> {
  const { operation, facade: name } = matched.route;
  const { keyInQuery, signed }: FacadeEntry = facades[name];
  const signature = signed === true ? signatureOf(exchange, engine) : undefined;
  const found =
    signature === undefined ? identifyCaller(exchange, engine, keyInQuery === true) : undefined;
  // Nothing is awaited where the key is known, as nearly always.
  let principal = found instanceof Promise ? await found : found;
  allow(exchange, "POST");
  const facade = await load(name);
  const route = { operation, facade };
  requireType(exchange, route);
  requirePlain(exchange);
  const header = (name: string): string | undefined => exchange.header(name);
  const waits = callerWaits(header);
  const bytes = await exchange.readBody();
  principal ??= signature?.verify(bytes);
  exchange.principal = principal;
  const contentType = exchange.header("content-type") ?? "";
  const read = readCall(route, { bytes, contentType }, matched.members);
  const call = engine.begin({
    model: read.model,
    request: read.request,
    origin: read.origin,
    header,
    principal,
    clientAddress: exchange.clientAddress,
    timeoutMs: waits.timeoutMs ?? read.waits?.timeoutMs,
    firstTokenMs: waits.firstTokenMs ?? read.waits?.firstTokenMs,
  });
  exchange.onClose(() => call.life.abort());
  exchange.onExpire(() => call.life.abort(draining));
  const form = asksArray(exchange) ? arrayExchange(exchange) : exchange;
  await answerCall(form, call, { engine, facade, heartbeatMs });
}

function allow(exchange: Exchange, ...methods: readonly string[]): void {
  if (methods.includes(exchange.method)) return;
  exchange.addHeaders(["allow", methods.join(", ")]);
  throw new GatewayError({
    reason: ErrorReason.METHOD_NOT_ALLOWED,
    message: `${exchange.path} takes ${methods.join(" or ")}, not ${exchange.method}`,
  });
}

/** What the content type of requests must be, by what they are. */
const requestTypes = {
  json: [/^application\/(json|[\w.+-]+\+json)\s*(;|$)/i, "application/json"],
  form: [/^multipart\/form-data\s*(;|$)/i, "multipart/form-data"],
  bytes: [/^[\w.+-]+\/[\w.+-]+\s*(;|$)/, "a media type"],
} as const;

/** JSON must say that it is JSON: what a browser sends without asking first never does. */
function requireType(exchange: Exchange, route: CalledRoute): void {
  const type = exchange.header("content-type");
  const [pattern, wanted] = requestTypes[codecFor(route).requests ?? "json"];
  if (type === wanted || (type !== undefined && pattern.test(type))) return;
  // So AWS's SDKs send bodies of InvokeModel. What a browser sends unasked has no `authorization`.
  if (route.facade.framing === "eventstream" && exchange.header("authorization") !== undefined) {
    if (type === undefined || type === "application/octet-stream") return;
  }
  const received = type === undefined ? "none was sent" : `not ${type}`;
  throw new GatewayError({
    reason: ErrorReason.UNSUPPORTED_MEDIA_TYPE,
    message: `content-type must be ${wanted}, ${received}`,
  });
}

/**
 * No client of these APIs packs its bodies, and unpacking would make a large body of a small one.
 */
function requirePlain(exchange: Exchange): void {
  const encoding = exchange.header("content-encoding");
  if (encoding === undefined || encoding === "" || encoding.toLowerCase() === "identity") return;
  exchange.addHeaders(["accept-encoding", "identity"]);
  throw new GatewayError({
    reason: ErrorReason.UNSUPPORTED_MEDIA_TYPE,
    message: `content-encoding ${encoding} is not taken here: send the body as it is`,
  });
}

function unknownPath(exchange: Exchange): GatewayError {
  return new GatewayError({
    reason: ErrorReason.UNKNOWN_PATH,
    message: `there is nothing at ${exchange.method} ${exchange.path}: GET / lists what this gateway serves`,
  });
}
