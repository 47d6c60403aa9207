import type { Facade, FrameText, StreamEncoder } from "../../core/dialect.ts";
import { hostedChat } from "../anthropic-messages/hosted-client.ts";
import { encodeError, exceptionOf } from "./client/error.ts";
import { frame } from "./client/stream-frames.ts";
import { ANTHROPIC_VERSION, INVOKE_DIALECT } from "./invoke.ts";

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
