import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type {
  Codec,
  Decoded,
  Dialect,
  Encoded,
  EncodeOptions,
  Facade,
} from "../../core/dialect.ts";
import type { OperationName } from "../../core/operation.ts";
import type { WireRequest } from "../../core/wire-request.ts";
import { searchingHostFidelity } from "../anthropic-messages/fidelity.ts";
import { exceedsHost, fitToHost, type HostRules } from "../anthropic-messages/fit/options.ts";
import { isMakersError } from "../anthropic-messages/vendor/error.ts";
import { hostedBody, hostedChat } from "../anthropic-messages/wire.ts";
import { escapePath } from "../gemini/wire.ts";
import { rehost } from "../shared/rehost.ts";
import { countHost, fitBetas, messagesHost } from "./messages-host.ts";

/** The version of the Messages API that Vertex AI speaks. */
const ANTHROPIC_VERSION = "vertex-2023-10-16";

/**
 * Where Claude's maker stands among Vertex AI's publishers, as a prefix of names that people write
 * in full.
 */
const PUBLISHER = /^(?:publishers\/)?anthropic\/(?:models\/)?/;

/**
 * Claude on Vertex AI: the Messages dialect by `rawPredict` and `streamRawPredict`. The model moves
 * from the body to the path, but for counting, which has a path of its own. Betas stay a header,
 * those that Vertex AI knows. Errors are those of Google or of Claude's maker. See
 * https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai (2026-11).
 */
export function createVertexMessages<S>(
  messages: Dialect<S>,
  google: Pick<Dialect, "decodeError">,
): Dialect<S> {
  const moved = rehost(messages, { request: toRawPredict });
  const { codecs, passthrough } = moved;
  return {
    ...moved,
    fidelity: { chat: searchingHostFidelity },
    fitHeader: fitBetas,
    codecs: {
      ...codecs,
      ...(codecs.chat === undefined ? {} : { chat: hosted(codecs.chat, messagesHost) }),
      ...(codecs.count_tokens === undefined
        ? {}
        : { count_tokens: hosted(codecs.count_tokens, countHost) }),
    },
    passthrough: {
      ...passthrough,
      // Threads, containers and files are the maker's own.
      keeps: () => false,
      fit(operation, origin, options) {
        const fit = passthrough.fit?.(operation, origin, options) ?? "as_is";
        if (fit !== "as_is") return fit;
        return exceedsHost(origin, hostOf(operation)) ? "encoded" : "as_is";
      },
    },
    decodeError: (status, headers, body) =>
      (isMakersError(body) ? messages : google).decodeError(status, headers, body),
  };
}

function hostOf(operation: OperationName): HostRules {
  return operation === "count_tokens" ? countHost : messagesHost;
}

/** A codec whose chats are fitted to Vertex AI before they are encoded. */
function hosted<C extends Pick<Codec<Chat, unknown>, "encodeRequest">>(
  codec: C,
  host: HostRules,
): C {
  return {
    ...codec,
    encodeRequest(chat: Chat, options: EncodeOptions): Decoded<Encoded> {
      const fitted = fitToHost(chat, host);
      const encoded = codec.encodeRequest(fitted.chat, options);
      if (!encoded.ok) return encoded;
      const { request, report } = encoded.value;
      return { ok: true, value: { request, report: [...fitted.report, ...report] } };
    },
  };
}

function toRawPredict(
  request: WireRequest,
  operation: OperationName,
  options: EncodeOptions,
): WireRequest {
  const model = options.model.replace(PUBLISHER, "");
  if (operation === "count_tokens") {
    const edits = { model: JSON.stringify(model) };
    return {
      ...request,
      path: publisherPath("count-tokens:rawPredict"),
      body: bodyOf(request, edits),
    };
  }
  const method = options.stream ? "streamRawPredict" : "rawPredict";
  return {
    ...request,
    path: publisherPath(`${escapePath(model)}:${method}`),
    body: bodyOf(request, { model: null }),
  };
}

function bodyOf(
  request: WireRequest,
  edits: { readonly model: string | null },
): Uint8Array | string {
  return hostedBody(request.body, ANTHROPIC_VERSION, edits);
}

function publisherPath(method: string): string {
  return `/publishers/anthropic/models/${method}`;
}

/**
 * Clients of Claude on Vertex AI call us, by `rawPredict` and `streamRawPredict`: the Messages API
 * with the model in the path and `anthropic_version` in the body. Its name is not that of the
 * Messages API, whose vendors would refuse such bodies. See
 * https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai (2026-11).
 */
export function createVertexMessagesFacade<S>(messages: Facade<S>): Facade<S> {
  const chat = hostedChat(messages, ANTHROPIC_VERSION);
  return { ...messages, name: "vertex-messages", codecs: { chat } };
}
