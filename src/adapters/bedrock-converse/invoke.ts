import type {
  Dialect,
  Encoded,
  EncodeOptions,
  Frame,
  FrameText,
  FrameWatch,
  Step,
  StreamDecoder,
} from "../../core/dialect.ts";
import { printEventStream } from "../../core/dispatch/print-event-stream.ts";
import type { WireRequest } from "../../core/wire-request.ts";
import { isObject, parseJson, stringAt } from "../../json/json.ts";
import { sliceJsonText } from "../../json/slice.ts";
import { hostedFidelity } from "../anthropic-messages/fidelity.ts";
import { fitToHost } from "../anthropic-messages/fit/options.ts";
import { isMakersError } from "../anthropic-messages/vendor/error.ts";
import { hostedBody } from "../anthropic-messages/wire.ts";
import { chatCodecOf } from "../shared/json-codec.ts";
import { postJson } from "../shared/post-json.ts";
import { frame } from "./client/stream-frames.ts";
import { invokeEmulation } from "./emulation.ts";
import { decodeError, frameFault } from "./vendor/error.ts";
import { modelPath } from "./wire.ts";

/** The dialect's name. Not that of the inner one, for a client's bytes would not do here. */
export const INVOKE_DIALECT = "bedrock-invoke";

/** The version of the Messages API that Bedrock speaks. */
export const ANTHROPIC_VERSION = "bedrock-2023-05-31";

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
      readable: (operation, body, request) =>
        messages.passthrough.readable?.(operation, body, request) ?? true,
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

/** The model's frames are seen by their names, and what is written in their place is chunks. */
function watchChunks(watch: FrameWatch): FrameWatch {
  return {
    see(frame) {
      const fault = frameFault(frame);
      if (fault !== undefined) return { forward: true, fault };
      const chunk = unwrapChunk(frame);
      if (chunk === undefined) return { forward: true };
      const type = sliceJsonText(chunk.data, ["type"]) ?? "";
      const seen = watch.see({ event: type.slice(1, -1), data: chunk.data });
      return seen.instead === undefined ? seen : { ...seen, instead: printChunks(seen.instead) };
    },
    ended: () => watch.ended(),
    missingEnd: () => printChunks(watch.missingEnd()),
  };
}

function printChunks(frames: FrameText | Uint8Array): Uint8Array {
  const texts = typeof frames === "string" ? frames.split("\n\n") : [];
  const chunks = texts.flatMap((text) => (text === "" ? [] : [chunk(`${text}\n\n`)]));
  return printEventStream(chunks.join(""));
}

/** An event of the Messages API as a chunk of a stream. */
export function chunk(text: FrameText): FrameText {
  return chunkOf(text.slice(text.indexOf(DATA) + DATA.length, -2));
}

const DATA = "\ndata: ";

/** See https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_PayloadPart.html. */
export function chunkOf(json: string): FrameText {
  return frame("chunk", { bytes: Buffer.from(json).toString("base64") });
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
