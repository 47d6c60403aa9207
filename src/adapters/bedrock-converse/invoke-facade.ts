import type { UnknownMember } from "../../core/beside-request.ts";
import type { Facade, FrameText, StreamEncoder } from "../../core/dialect.ts";
import { invalidField } from "../../core/faults/fault.ts";
import type { JsonObject } from "../../json/json.ts";
import { isPresent } from "../../json/members.ts";
import { encodeError, exceptionOf } from "./client/error.ts";
import { frame } from "./client/stream-frames.ts";
import { INVOKE_DIALECT } from "./invoke.ts";

/**
 * AWS's SDKs call us by InvokeModel and InvokeModelWithResponseStream, for Claude: bodies are those
 * of the Messages API, with `anthropic_version` in them and the model in the path. Betas are for the
 * vendor whose words they are: others are told that they got none. See
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html.
 */
export function createInvokeFacade<S>(messages: Facade<S>): Facade<S> {
  const { chat } = messages.codecs;
  if (chat?.stream === undefined) throw new Error(`${messages.name} has no streamed chats`);
  return {
    name: INVOKE_DIALECT,
    framing: "eventstream",
    requestIdHeader: "x-amzn-requestid",
    codecs: {
      chat: {
        ...chat,
        decodeRequest(body) {
          if (!("json" in body)) return chat.decodeRequest(body);
          const { anthropic_version: version, anthropic_beta: betas, ...json } = body.json;
          if (typeof version !== "string")
            return { ok: false, fault: invalidField("anthropic_version", VERSION) };
          const decoded = chat.decodeRequest({ ...body, json });
          if (!decoded.ok || !isPresent(betas)) return decoded;
          const { dialect = "", members = [], demands = [] } = decoded.beside ?? {};
          return { ...decoded, beside: { dialect, members: [...members, BETAS], demands } };
        },
        stream: chunked(chat.stream),
      },
    },
    encodeError,
  };
}

const VERSION = 'must be "bedrock-2023-05-31"';
const BETAS: UnknownMember = { path: "anthropic_beta", extras: undefined };

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
  const body: JsonObject = { bytes: Buffer.from(data).toString("base64") };
  return frame("chunk", body);
}

const DATA = "\ndata: ";
