import type {
  Dialect,
  Frame,
  FrameWatch,
  JsonBody,
  Step,
  StreamDecoder,
} from "../../core/dialect.ts";
import type { Fault } from "../../core/faults/fault.ts";
import { asBuffer, isObject, parseJson } from "../../json/json.ts";
import { chatCodecOf } from "../shared/json-codec.ts";
import { encodeChat, toWatsonx } from "./chat.ts";
import { createEmbed } from "./embed.ts";
import { decodeError, decodeErrorObject } from "./error.ts";
import { declareChat, embedFidelity, rerankFidelity } from "./fidelity.ts";
import { createRerankCodec } from "./rerank.ts";
import { DIALECT } from "./wire.ts";

/**
 * We call IBM watsonx.ai: OpenAI's chats inside of the vendor's own paths and names, and embeddings
 * and rerank of its own. See https://cloud.ibm.com/apidocs/watsonx-ai.
 */
export function createWatsonx<S>(inside: Dialect<S>): Dialect<S> {
  const chat = chatCodecOf(inside);
  const readFault = decodeErrorObject(inside.decodeError);
  const inner = inside.fidelity.chat;
  if (inner === undefined) throw new Error("watsonx: the dialect inside declares no chats");
  const chatFidelity = declareChat(inner);
  return {
    name: DIALECT,
    fidelity: { chat: chatFidelity, embed: embedFidelity, rerank: rerankFidelity },
    forwardedHeaders: [],
    codecs: {
      chat: {
        encodeRequest: (request, options) => encodeChat(chat, chatFidelity, request, options),
        decodeResponse(reply: JsonBody, options) {
          const fault = isObject(reply.json) ? readFault(reply.json) : undefined;
          return fault === undefined ? chat.decodeResponse(reply, options) : { ok: false, fault };
        },
        stream: {
          ...chat.stream,
          decodeEvent: (state, frame) =>
            decodeFrame(chat.stream, state, frame, frameFault(frame, readFault)),
        },
      },
      embed: createEmbed(readFault),
      rerank: createRerankCodec(readFault),
    },
    decodeError: decodeError(inside.decodeError),
    ...(inside.emulation === undefined ? undefined : { emulation: inside.emulation }),
    passthrough: {
      request: (operation, body, options) =>
        toWatsonx(inside.passthrough.request(operation, body, options), options),
      scanUsage: inside.passthrough.scanUsage,
      readable: (operation, body, request) =>
        inside.passthrough.readable?.(operation, body, request) ?? true,
      watch: (clientWantsUsage, context) =>
        watchFrames(inside.passthrough.watch(clientWantsUsage, context), readFault),
    },
  };
}

type ReadFault = ReturnType<typeof decodeErrorObject>;

/** A search for the word `error` finds frames with errors, so that others are not parsed twice. */
function frameFault(frame: Frame, readFault: ReadFault): Fault | undefined {
  if (!asBuffer(frame.data).includes('"errors"')) return undefined;
  const parsed = parseJson(frame.data);
  return parsed.ok && isObject(parsed.value) ? readFault(parsed.value) : undefined;
}

/** The last frame is `close`, with nothing in it. */
function decodeFrame<S>(
  chat: StreamDecoder<S>,
  state: S,
  frame: Frame,
  fault: Fault | undefined,
): Step<S> {
  if (fault !== undefined) return { ok: false, fault };
  return frame.event === "close" ? { ok: true, state, events: [] } : chat.decodeEvent(state, frame);
}

function watchFrames(watch: FrameWatch, readFault: ReadFault): FrameWatch {
  return {
    see(frame) {
      const fault = frameFault(frame, readFault);
      return fault === undefined ? watch.see(frame) : { forward: false, fault };
    },
    ended: () => watch.ended(),
    missingEnd: () => "",
  };
}
