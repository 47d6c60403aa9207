import type { FacadeName } from "../../../src/adapters/registry.ts";
import type { Json, JsonObject } from "../../vendors/json-value.ts";
import type { AttackRequest } from "../client/attack-request.ts";
import { callerKeys, promptMark } from "../fuzz-config.ts";
import { createRandom, type Random } from "../random.ts";
import { type RestSurface, restSurfaces } from "../requests/rest-surfaces.ts";
import { type RpcProtocol, rpcProtocols } from "../requests/rpc-surfaces.ts";
import type { Subject } from "./subjects.ts";

/** A call to a vendor, by a caller of some dialect or protocol. */
export interface VendorCall {
  readonly request: AttackRequest;
  /** How an RPC is spoken; undefined: REST. */
  readonly protocol: RpcProtocol["name"] | undefined;
}

/** What a call is for. */
export interface VendorCallFacts {
  readonly subject: Subject;
  readonly stream: boolean;
  /** What the vendor does: the name of a misbehaviour; "" for a good answer. */
  readonly misbehaviour: string;
  readonly seed: number;
  readonly at: number;
}

/** Whose callers speak a vendor's dialect, so that its reply may pass as it is. */
const ownFacades: Readonly<Record<string, FacadeName>> = {
  "openai-chat": "openai-chat",
  "azure-openai": "openai-chat",
  "vertex-chat": "openai-chat",
  "sagemaker-chat": "openai-chat",
  watsonx: "openai-chat",
  "openai-responses": "openai-responses",
  "anthropic-messages": "anthropic-messages",
  "vertex-messages": "anthropic-messages",
  "bedrock-invoke": "anthropic-messages",
  gemini: "gemini",
  ollama: "ollama",
  cohere: "cohere",
};

const scenarios = [
  "text",
  "tools",
  "parallel-tools",
  "thinking",
  "usage",
  "citations",
  "logprobs",
  "unicode",
] as const;
const surfaces = restSurfaces();
const grpc = rpcProtocols.filter(({ format }) => format === "json");
const schema: JsonObject = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
};

/**
 * Makes the call of a number. What the vendor is to do stands in the text, where every dialect has
 * a place for it.
 */
export function callVendor({
  subject,
  stream,
  misbehaviour,
  seed,
  at,
}: VendorCallFacts): VendorCall {
  const random = createRandom("vendors", seed, at);
  const { operations, dialect } = subject.driven.row;
  const mark = misbehaviour === "" ? "" : ` ~${misbehaviour}:${random.int(1e9)}~`;
  const text = `${promptMark}${mark} one`;
  if (!operations.includes("chat")) return embedOrRank(subject, text, random);
  const model = `${subject.name}/${subject.driven.model}-${random.pick(scenarios)}`;
  if (random.chance(0.25)) return rpcCall(model, text, stream, random);
  const own = ownFacades[dialect];
  const facade = own !== undefined && random.chance(0.5) ? own : random.pick(chatFacades);
  return restCall(
    surfaceOf(facade, stream, random),
    plainChat(facade, model, text, stream, random.chance(0.6)),
    model,
  );
}

const chatFacades: readonly FacadeName[] = [
  "openai-chat",
  "openai-responses",
  "anthropic-messages",
  "gemini",
  "ollama",
  "ollama-generate",
  "cohere",
  "cohere-v1",
];

function surfaceOf(facade: FacadeName, stream: boolean, random: Random): RestSurface {
  return random.pick(
    surfaces.filter(({ matched }) => {
      const { route, members } = matched ?? {};
      const fits = route?.facade === facade && route.operation === "chat";
      return fits && (members?.stream === undefined || members.stream === stream);
    }),
  );
}

function embedOrRank({ name, driven }: Subject, text: string, random: Random): VendorCall {
  const { row, model, drive } = driven;
  const ranks =
    row.operations.includes("rerank") && (!row.operations.includes("embed") || random.chance(0.5));
  const full = `${name}/${ranks ? model : (drive.embeddingsModel ?? model)}`;
  const surface = surfaces.filter(
    ({ matched }) => matched?.route.operation === (ranks ? "rerank" : "embed"),
  );
  const chosen = random.pick(
    surface.filter(({ matched }) =>
      ["openai-chat", "cohere"].includes(matched?.route.facade ?? ""),
    ),
  );
  if (ranks) return restCall(chosen, { model: full, query: text, documents: ["one", "two"] }, full);
  const body =
    chosen.matched?.route.facade === "cohere"
      ? { texts: [text], input_type: "search_query" }
      : { input: [text] };
  return restCall(chosen, { model: full, ...body }, full);
}

/** A chat of one message, with or without a tool. */
function plainChat(
  facade: FacadeName,
  model: string,
  text: string,
  stream: boolean,
  withTool: boolean,
): Json {
  const said = { model, stream };
  const messages = [{ role: "user", content: text }];
  const tool = { name: "get_weather", description: "d", parameters: schema };
  const spec = { name: tool.name, description: tool.description };
  const tools = withTool ? { tools: [{ type: "function", function: tool }] } : {};
  switch (facade) {
    case "openai-chat":
    case "ollama":
    case "cohere":
      return { ...said, messages, ...tools };
    case "cohere-v1": {
      const parameter_definitions = { city: { type: "str", required: true } };
      return {
        ...said,
        message: text,
        ...(withTool ? { tools: [{ ...spec, parameter_definitions }] } : {}),
      };
    }
    case "ollama-generate":
    case "openai-completions":
    case "fim-completions":
      return { ...said, prompt: text };
    case "openai-responses":
      return {
        ...said,
        input: text,
        ...(withTool ? { tools: [{ type: "function", ...tool }] } : {}),
      };
    case "bedrock-invoke":
    case "vertex-messages":
    case "anthropic-messages":
      return {
        ...(facade === "anthropic-messages" ? said : { anthropic_version: "2023", stream }),
        max_tokens: 64,
        messages,
        ...(withTool ? { tools: [{ name: tool.name, input_schema: schema }] } : {}),
      };
    case "bedrock-converse":
      return {
        messages: [{ role: "user", content: [{ text }] }],
        ...(withTool
          ? { toolConfig: { tools: [{ toolSpec: { ...spec, inputSchema: { json: schema } } }] } }
          : {}),
      };
    case "gemini":
      return {
        contents: [{ role: "user", parts: [{ text }] }],
        ...(withTool ? { tools: [{ functionDeclarations: [tool] }] } : {}),
      };
  }
}

function restCall(surface: RestSurface, body: Json, model: string): VendorCall {
  const headers: [string, string][] = [
    ["host", "127.0.0.1"],
    ["authorization", `Bearer ${callerKeys.caller}`],
    ["content-type", "application/json"],
  ];
  const target = surface.path(model);
  const bytes = Buffer.from(JSON.stringify(body));
  return {
    protocol: undefined,
    request: { protocol: "h1", method: "POST", target, headers, body: bytes, framing: "length" },
  };
}

function rpcCall(model: string, text: string, stream: boolean, random: Random): VendorCall {
  const fitting = grpc.filter(({ name }) =>
    name === "connect" ? !stream : name !== "connect-stream" || stream,
  );
  const { name, contentType, enveloped, h2Only } = random.pick(fitting);
  const chat = { model, messages: [{ role: "ROLE_USER", parts: [{ text: { text } }] }] };
  const message = Buffer.from(JSON.stringify({ chat }));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  const body = enveloped ? Buffer.concat([head, message]) : message;
  return {
    protocol: name,
    request: {
      protocol: h2Only || random.chance(0.3) ? "h2" : "h1",
      method: "POST",
      target: `/parlance.chat.v1.ChatService/${stream ? "StreamComplete" : "Complete"}`,
      headers: [
        ["host", "127.0.0.1"],
        ["authorization", `Bearer ${callerKeys.caller}`],
        ["content-type", contentType],
        ["te", "trailers"],
      ],
      body: name === "grpc-web-text" ? Buffer.from(body.toString("base64")) : body,
      framing: "length",
    },
  };
}
