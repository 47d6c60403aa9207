import { gzipSync } from "node:zlib";
import { type DescMethod, fromJson, toBinary } from "@bufbuild/protobuf";
import type { Json, JsonObject } from "../../vendors/json-value.ts";
import type { AttackRequest, Framing } from "../client/attack-request.ts";
import { callerKeys, promptMark } from "../fuzz-config.ts";
import { mutateJson } from "../mutate/mutate-json.ts";
import { mutateProtobuf } from "../mutate/mutate-protobuf.ts";
import { createRandom, type Random } from "../random.ts";
import { subjects } from "../vendor/subjects.ts";
import { messageJson } from "./message-json.ts";
import { mutateHead } from "./mutate-head.ts";
import { restBodies } from "./rest-bodies.ts";
import { type RestSurface, restSurfaces } from "./rest-surfaces.ts";
import { type RpcProtocol, rpcMethods, rpcProtocols } from "./rpc-surfaces.ts";

/** One fuzzed request. */
export interface RequestCase {
  readonly request: AttackRequest;
  /** How an RPC is spoken; undefined: REST. */
  readonly protocol: RpcProtocol["name"] | undefined;
  /**
   * Whether a reply must come: not where the client itself does not end its request, nor where a
   * stream has no end.
   */
  readonly ends: boolean;
}

/**
 * Every model that calls can be for: of the simulator, of each vendor, and names that mean nothing.
 */
export const models: readonly string[] = [
  "fast",
  "shaky",
  "sim/echo",
  "sim/lorem-5",
  "sim/tools",
  "sim/think",
  "sim/json",
  ...subjects.flatMap(({ name, driven }) => [
    `${name}/${driven.model}`,
    `${name}/${driven.model}-tools`,
  ]),
  "nobody/has-this",
];

const surfaces = restSurfaces();

/** The bytes that most bodies have at the most, and that one in a hundred has. */
const sizes = { usual: 60_000, large: 700_000 } as const;

/** Makes the request of a number. The same seed and number give the same bytes. */
export function makeRequest(seed: number, at: number): RequestCase {
  const random = createRandom("requests", seed, at);
  return random.chance(0.62)
    ? restCase(random.pick(surfaces), random)
    : rpcCase(random.pick(rpcMethods), random);
}

function restCase(surface: RestSurface, random: Random): RequestCase {
  const model = random.pick(models);
  const route = surface.matched?.route;
  const facts = { model, text: `${promptMark} hello`, stream: random.chance(0.3) };
  const body =
    route === undefined
      ? managementBody(surface, model)
      : restBodies[route.facade][route.operation]?.(facts);
  const headers: [string, string][] = [["content-type", "application/json"], keyOf(random)];
  return finish(random, {
    method: surface.method,
    target: surface.path(model),
    headers,
    body:
      body === undefined
        ? Buffer.alloc(0)
        : mutateJson(simplified(body, random), random, bounds(random)),
    protocol: undefined,
    endless: false,
    h2Only: false,
  });
}

/** What programs written for LiteLLM send to make and change things; undefined: nothing. */
function managementBody({ method }: RestSurface, model: string): Json | undefined {
  if (method !== "POST") return undefined;
  return {
    ...{ key: "sk-fuzz", keys: ["sk-fuzz"], key_alias: "fuzz", models: [model], tags: ["a"] },
    ...{ team_id: "t", team_alias: "t", team_ids: ["t"], user_id: "u", user_ids: ["u"] },
    ...{ member: { role: "user", user_id: "u" }, user_email: "u@example.com", duration: "30d" },
    ...{
      max_budget: 1.5,
      budget_duration: "1mo",
      rpm_limit: 6,
      tpm_limit: 600,
      metadata: { a: 1 },
    },
    ...{ model_name: "fuzz", litellm_params: { model }, id: "fuzz", blocked: false, aliases: {} },
  };
}

/**
 * Half of the bodies are small, so that a change does not meet the same refusal of a vendor again
 * and again.
 */
function simplified(body: Json, random: Random): Json {
  if (typeof body !== "object" || body === null || Array.isArray(body) || random.chance(0.4))
    return body;
  const kept =
    /^(model|messages|contents|input|prompt|stream|max_tokens|query|documents|texts|requests|content)$/;
  const members = Object.entries(body).filter(([name]) => kept.test(name) || random.chance(0.2));
  return Object.fromEntries(members) satisfies JsonObject;
}

function rpcCase(method: DescMethod, random: Random): RequestCase {
  const protocol = random.pick(rpcProtocols);
  const json = messageJson(method.input, random, { models, text: promptMark });
  const message =
    protocol.format === "json"
      ? mutateJson(json, random, bounds(random))
      : mutateProtobuf(binaryOf(method, json), random);
  const compressed = random.chance(0.08);
  const sent = compressed ? gzipSync(message) : message;
  const headers = rpcHeaders(protocol, compressed, random);
  const body = protocol.enveloped ? enveloped(sent, compressed, random) : sent;
  return finish(random, {
    method: "POST",
    target: `/${method.parent.typeName}/${method.name}`,
    headers,
    body: protocol.name === "grpc-web-text" ? Buffer.from(body.toString("base64")) : body,
    protocol: protocol.name,
    // Watches and conversations go on until somebody leaves.
    endless: method.methodKind !== "unary" && method.name !== "StreamComplete",
    h2Only: protocol.h2Only && random.chance(0.9),
  });
}

function rpcHeaders(
  { name, contentType }: RpcProtocol,
  compressed: boolean,
  random: Random,
): [string, string][] {
  const headers: [string, string][] = [["content-type", contentType], keyOf(random)];
  if (name.startsWith("connect") && random.chance(0.7))
    headers.push(["connect-protocol-version", "1"]);
  if (name === "grpc") headers.push(["te", "trailers"]);
  if (compressed || random.chance(0.03))
    headers.push([encodingFields[name], random.chance(0.9) ? "gzip" : "br"]);
  return headers;
}

const encodingFields: Readonly<Record<RpcProtocol["name"], string>> = {
  connect: "content-encoding",
  "connect-stream": "connect-content-encoding",
  grpc: "grpc-encoding",
  "grpc-web": "grpc-encoding",
  "grpc-web-text": "grpc-encoding",
};

function binaryOf({ input }: DescMethod, json: JsonObject): Buffer {
  try {
    return Buffer.from(toBinary(input, fromJson(input, JSON.parse(JSON.stringify(json)))));
  } catch {
    return Buffer.from("0a0173", "hex");
  }
}

/** An envelope that mostly says the truth of what is in it. */
function enveloped(message: Buffer, compressed: boolean, random: Random): Buffer {
  const head = Buffer.alloc(5);
  head[0] = random.chance(0.94) ? Number(compressed) : random.int(256);
  const lies = random.chance(0.08);
  head.writeUInt32BE(
    lies ? random.pick([0, 1, message.length + 1, 2 ** 31, 2 ** 32 - 1]) : message.length,
    1,
  );
  const one = Buffer.concat([head, message]);
  return random.chance(0.05) ? Buffer.concat([one, one]) : one;
}

function bounds(random: Random): { readonly maxBytes: number } {
  return { maxBytes: random.chance(0.01) ? sizes.large : sizes.usual };
}

function keyOf(random: Random): [string, string] {
  const key = random.pick([
    ...Array<string>(16).fill(callerKeys.caller),
    callerKeys.limited,
    callerKeys.admin,
    "zq-no-such-key",
    "",
  ]);
  const name = random.pick([
    "authorization",
    "authorization",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
  ]);
  return [name, name === "authorization" ? `Bearer ${key}` : key];
}

interface Draft {
  readonly method: string;
  readonly target: string;
  readonly headers: [string, string][];
  readonly body: Buffer;
  readonly protocol: RpcProtocol["name"] | undefined;
  readonly endless: boolean;
  readonly h2Only: boolean;
}

const framings: readonly Framing[] = [
  "chunks",
  "pieces",
  "pieces",
  "no-length",
  "cut",
  "bad-chunk",
  "more",
];

function finish(random: Random, draft: Draft): RequestCase {
  const { method, target, headers } = mutateHead(random, draft);
  const h2 = draft.h2Only || random.chance(0.25);
  const framing = random.chance(0.85) ? "length" : random.pick(framings);
  const ends =
    !draft.endless && framing !== "cut" && framing !== "bad-chunk" && framing !== "no-length";
  const request: AttackRequest = {
    protocol: h2 && method !== "CONNECT" ? "h2" : "h1",
    method,
    target,
    headers: h2 ? headers : [["host", "127.0.0.1"], ...headers],
    body: draft.body,
    framing: draft.body.length === 0 && framing !== "length" ? "length" : framing,
  };
  return { request, protocol: draft.protocol, ends };
}
