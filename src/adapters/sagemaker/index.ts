import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { appendAll } from "../../core/append-all.ts";
import type {
  Codec,
  Decoded,
  Dialect,
  Encoded,
  EncodeOptions,
  Frame,
  FrameWatch,
  Step,
  StreamDecoder,
} from "../../core/dialect.ts";
import { malformed } from "../../core/faults/fault.ts";
import type { WireRequest } from "../../core/wire-request.ts";
import { editTopLevel } from "../../json/edit.ts";
import { asBuffer } from "../../json/json.ts";
import { chatCodecOf } from "../shared/json-codec.ts";
import { type DecodeError, decodeErrorWith, frameFault } from "./error.ts";
import { createPendingLine, type PendingLine, readPart, readRest } from "./part-lines.ts";
import { invoke, splitModel } from "./wire.ts";

/** What is known of a container's stream between two frames of the service's. */
export interface EndpointState<S> {
  readonly inner: S;
  readonly pending: PendingLine;
}

/** How a container is spoken to. */
export interface EndpointSettings<S> {
  /** The name of the dialect that comes of it. */
  readonly name: string;
  /** The dialect of the container; its extras are this dialect's. */
  readonly container: Dialect<S>;
  /** Quirks of the container behind an endpoint, which has one path for everything. */
  readonly quirks: Readonly<Record<string, unknown>>;
  /** Reads errors of the service itself. */
  readonly serviceError: DecodeError;
}

/**
 * We call an endpoint of Amazon SageMaker: a container's dialect inside of the service's path and
 * frames. A model is the name of an endpoint, and after a slash the model name for its container.
 * Streams are parts of the container's own stream, cut anywhere. See
 * https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-test-endpoints.html.
 */
export function createEndpointDialect<S>(settings: EndpointSettings<S>): Dialect<EndpointState<S>> {
  const { name, container, serviceError } = settings;
  const optionsOf = (options: EncodeOptions): EncodeOptions => ({
    ...options,
    model: splitModel(options.model).model,
    quirks: { ...options.quirks, ...settings.quirks },
  });
  const { fidelity } = container;
  const { embed } = container.codecs;
  const chat = chatCodecOf(container);
  return {
    name,
    fidelity: {
      ...(fidelity.chat === undefined ? undefined : { chat: fidelity.chat }),
      ...(fidelity.embed === undefined ? undefined : { embed: fidelity.embed }),
    },
    forwardedHeaders: [],
    codecs: {
      chat: {
        ...wrapped(chat, optionsOf),
        stream: {
          begin: (model) => ({ inner: chat.stream.begin(model), pending: createPendingLine() }),
          decodeEvent: (state, frame) => decodeFrame(chat.stream, state, frame),
          keepsAlive: ({ data }) =>
            data.length < 256 && COMMENTS.test(asBuffer(data).toString("latin1")),
          begun: (state) => chat.stream.begun?.(state.inner) === true,
          end: (state) => endStream(chat.stream, state),
        },
      },
      ...(embed === undefined ? undefined : { embed: wrapped(embed, optionsOf) }),
    },
    decodeError: decodeErrorWith(container.decodeError, serviceError),
    ...(container.emulation === undefined ? undefined : { emulation: container.emulation }),
    passthrough: {
      fit: (operation, origin, options) =>
        container.passthrough.fit?.(operation, origin, optionsOf(options)) ?? "as_is",
      request: (operation, body, options) =>
        toEndpoint(container.passthrough.request(operation, body, optionsOf(options)), options),
      scanUsage: container.passthrough.scanUsage,
      readable: (operation, answer, json) =>
        container.passthrough.readable?.(operation, answer, json) ?? true,
      // Parts of the container's stream, cut anywhere.
      isText: () => true,
      watch: () => watchParts(chat.stream),
    },
  };
}

/** The container's codec, its requests to the service's path. */
function wrapped<Request, Result>(
  codec: Codec<Request, Result>,
  optionsOf: (options: EncodeOptions) => EncodeOptions,
): Pick<Codec<Request, Result>, "encodeRequest" | "decodeResponse"> {
  return {
    encodeRequest(request, options) {
      const encoded = codec.encodeRequest(request, optionsOf(options));
      return encoded.ok ? { ok: true, value: wrap(encoded.value, options) } : encoded;
    },
    decodeResponse: codec.decodeResponse,
  };
}

/** Lines of the container's own stream that are comments or blank. */
const COMMENTS = /^(?:(?::[^\n]*)?\r?\n)*$/;

function wrap({ request, report }: Encoded, options: EncodeOptions): Encoded {
  return { request: toEndpoint(request, options), report };
}

/** A container with one model needs no name, and refuses another. */
function toEndpoint(request: WireRequest, options: EncodeOptions): WireRequest {
  const { endpoint, model } = splitModel(options.model);
  if (model !== "") return invoke(endpoint, options.stream, request.body);
  const body = typeof request.body === "string" ? Buffer.from(request.body) : request.body;
  const edited = editTopLevel(body, { model: null });
  return invoke(
    endpoint,
    options.stream,
    edited === undefined ? body : asBuffer(edited).toString("utf8"),
  );
}

function decodeFrame<S>(
  container: StreamDecoder<S>,
  state: EndpointState<S>,
  frame: Frame,
): Step<EndpointState<S>> {
  const fault = frameFault(frame);
  if (fault !== undefined) return { ok: false, fault };
  if (frame.event !== "PayloadPart") return { ok: true, state, events: [] };
  const frames = readPart(state.pending, frame.data);
  if (frames === undefined)
    return { ok: false, fault: malformed("a line of the container's stream is too long") };
  const step = decodeAll(container, state.inner, frames);
  return step.ok ? { ...step, state: { ...state, inner: step.state } } : step;
}

function decodeAll<S>(container: StreamDecoder<S>, state: S, frames: readonly Frame[]): Step<S> {
  let inner = state;
  const events: Event[] = [];
  for (const frame of frames) {
    const step = container.decodeEvent(inner, frame);
    if (!step.ok) return step;
    inner = step.state;
    appendAll(events, step.events);
  }
  return { ok: true, state: inner, events };
}

function endStream<S>(
  container: StreamDecoder<S>,
  state: EndpointState<S>,
): Decoded<readonly Event[]> {
  const step = decodeAll(container, state.inner, readRest(state.pending));
  if (!step.ok) return step;
  const last = container.end(step.state);
  return last.ok ? { ok: true, value: [...step.events, ...last.value] } : last;
}

/** Watches by decoding: parts hold no frames of their own. */
function watchParts<S>(container: StreamDecoder<S>): FrameWatch {
  let state: EndpointState<S> = { inner: container.begin(""), pending: createPendingLine() };
  return {
    see(frame) {
      const step = decodeFrame(container, state, frame);
      if (!step.ok) return { forward: false, fault: step.fault };
      state = step.state;
      const usage = step.events.map(({ event }) => event).find((event) => event.case === "usage");
      return usage?.case === "usage" ? { forward: true, usage: usage.value } : { forward: true };
    },
    ended: () => endStream(container, state).ok,
    missingEnd: () => "",
  };
}
