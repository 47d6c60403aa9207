import type {
  Dialect,
  Encoded,
  EncodeOptions,
  Facade,
  Frame,
  FrameText,
  FrameWatch,
  Step,
  StreamDecoder,
  StreamEncoder,
} from "../../core/dialect.ts";
import type { WireRequest } from "../../core/wire-request.ts";
import { isObject, parseJson, stringAt } from "../../json/json.ts";
import { hostedFidelity } from "../anthropic-messages/fidelity.ts";
import { fitToHost } from "../anthropic-messages/fit/fit-host.ts";
import { isMakersError } from "../anthropic-messages/vendor/error.ts";
import { hostedBody, hostedChat } from "../anthropic-messages/wire.ts";
import { chatCodecOf } from "../shared/json-codec.ts";
import { postJson } from "../shared/post-json.ts";
import { encodeError, exceptionOf } from "./client/error.ts";
import { frame } from "./client/stream-frames.ts";
import { invokeEmulation } from "./emulation.ts";
import { decodeError, frameFault } from "./vendor/error.ts";
import { modelPath } from "./wire.ts";

/** The dialect's name. Not that of the inner one, for a client's bytes would not do here. */
const INVOKE_DIALECT = "bedrock-invoke";

/** The version of the Messages API that Bedrock speaks. */
const ANTHROPIC_VERSION = "bedrock-2023-05-31";

/**
 * Claude by InvokeModel: the Messages dialect inside of Bedrock's paths, errors and frames. The
 * model moves from the body to the path, betas from their header to the body. What only Converse
 * has (other makers, guardrails) is not there, and what only the Messages API has is. See
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html.
 */
export function createInvokeDialect<S>(messages: Dialect<S>): Dialect<S> {
  const chat = chatCodecOf(messages);
  return {
    name: INVOKE_DIALECT,
    fidelity: { chat: hostedFidelity },
    forwardedHeaders: [],
    ...(messages.demandsMaxTokens === undefined
      ? {}
      : { demandsMaxTokens: messages.demandsMaxTokens }),
    codecs: {
      chat: {
        encodeRequest(request, options) {
          const hosted = fitToHost(request);
          const encoded = chat.encodeRequest(hosted.chat, options);
          if (!encoded.ok) return encoded;
          const value: Encoded = {
            request: toInvoke(encoded.value.request, options),
            report: [...hosted.report, ...encoded.value.report],
          };
          return { ok: true, value };
        },
        decodeResponse: chat.decodeResponse,
        stream: {
          ...chat.stream,
          decodeEvent: (state, frame) => decodeChunk(chat.stream, state, frame),
          keepsAlive: (frame) => keepsAlive(chat.stream, frame),
        },
      },
    },
    // As proxies in front of Bedrock answer, and the model's maker behind them.
    decodeError: (status, headers, body) =>
      isMakersError(body)
        ? messages.decodeError(status, headers, body)
        : decodeError(status, headers, body),
    emulation: invokeEmulation,
    passthrough: {
      // Threads, containers and files are the maker's own.
      keeps: () => false,
      fit: (operation, origin, options) =>
        messages.passthrough.fit?.(operation, origin, options) ?? "as_is",
      request: (operation, body, options) =>
        toInvoke(messages.passthrough.request(operation, body, options), options),
      scanUsage: messages.passthrough.scanUsage,
      watch: (clientWantsUsage, context) =>
        watchChunks(messages.passthrough.watch(clientWantsUsage, context)),
    },
  };
}

function toInvoke(request: WireRequest, options: EncodeOptions): WireRequest {
  const betas = headerOf(request.headers, "anthropic-beta");
  const edits = {
    model: null,
    stream: null,
    ...(betas === ""
      ? undefined
      : { anthropic_beta: JSON.stringify(betas.split(",").map((beta) => beta.trim())) }),
  };
  const path = modelPath(options.model, options.stream ? "invoke-with-response-stream" : "invoke");
  const body = hostedBody(request.body, ANTHROPIC_VERSION, edits);
  return postJson(path, body, ["accept", "application/json"]);
}

function headerOf(headers: readonly string[], name: string): string {
  const at = headers.findIndex((header, index) => index % 2 === 0 && header === name);
  return at === -1 ? "" : (headers[at + 1] ?? "");
}

/** Frames that hold no chunk are nothing, unless they report a failure. */
function decodeChunk<S>(messages: StreamDecoder<S>, state: S, frame: Frame): Step<S> {
  const fault = frameFault(frame);
  if (fault !== undefined) return { ok: false, fault };
  const chunk = unwrapChunk(frame);
  return chunk === undefined ? { ok: true, state, events: [] } : messages.decodeEvent(state, chunk);
}

/** A ping is short, padding and all: longer frames need not be looked into. */
function keepsAlive<S>(messages: StreamDecoder<S>, frame: Frame): boolean {
  const chunk = frame.data.length < 128 ? unwrapChunk(frame) : undefined;
  return chunk !== undefined && messages.keepsAlive?.(chunk) === true;
}

function watchChunks(watch: FrameWatch): FrameWatch {
  return {
    see(frame) {
      const fault = frameFault(frame);
      if (fault !== undefined) return { forward: true, fault };
      const chunk = unwrapChunk(frame);
      return chunk === undefined ? { forward: true } : watch.see(chunk);
    },
    ended: () => watch.ended(),
    missingEnd: () => "",
  };
}

/**
 * The model's own frame inside of a frame of InvokeModelWithResponseStream: the text of an event in
 * the dialect of the model's maker, base64 in `bytes`. Undefined for frames that are no such chunk,
 * as exceptions are. See
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_PayloadPart.html.
 */
export function unwrapChunk(frame: Frame): Frame | undefined {
  if (frame.event !== "chunk") return undefined;
  const parsed = parseJson(frame.data);
  const bytes = parsed.ok && isObject(parsed.value) ? stringAt(parsed.value, "bytes") : undefined;
  return bytes === undefined ? undefined : { event: "", data: Buffer.from(bytes, "base64") };
}

/**
 * AWS's SDKs call us by InvokeModel and InvokeModelWithResponseStream, for Claude: bodies are those
 * of the Messages API, with `anthropic_version` in them and the model in the path. See
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html.
 */
export function createInvokeFacade<S>(messages: Facade<S>): Facade<S> {
  const chat = hostedChat(messages, ANTHROPIC_VERSION);
  return {
    name: INVOKE_DIALECT,
    framing: "eventstream",
    requestIdHeader: "x-amzn-requestid",
    codecs: { chat: { ...chat, stream: chunked(chat.stream) } },
    encodeError,
  };
}

/** The frames of the Messages API, each as the bytes of a chunk. */
function chunked<S>(stream: StreamEncoder<S>): StreamEncoder<S> {
  return {
    begin: stream.begin,
    encodeEvent(state, event) {
      const [next, frames] = stream.encodeEvent(state, event);
      return [next, frames.map(chunk)];
    },
    encodeEnd: (state) => stream.encodeEnd(state).map(chunk),
    encodeStreamError: (_, fault) => [
      frame(`exception:${exceptionOf(fault)}`, { message: fault.message }),
    ],
  };
}

/** See https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_PayloadPart.html. */
function chunk(text: FrameText): FrameText {
  const data = text.slice(text.indexOf(DATA) + DATA.length, -2);
  return frame("chunk", { bytes: Buffer.from(data).toString("base64") });
}

const DATA = "\ndata: ";
