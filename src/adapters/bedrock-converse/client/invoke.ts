import type { Usage } from "../../../../gen/parlance/chat/v1/usage_pb.js";
import type { ClientCodecs, Facade, StreamEncoder } from "../../../core/dialect.ts";
import { invalidField } from "../../../core/faults/fault.ts";
import type { ReplyFacts, StreamTiming } from "../../../core/reply/reply-facts.ts";
import { mergeUsage } from "../../../events/merge-usage.ts";
import { type Body, isPresent } from "../../../json/members.ts";
import { writeJson } from "../../../json/write.ts";
import { hostedChat } from "../../anthropic-messages/wire.ts";
import { ANTHROPIC_VERSION, chunk, chunkOf, INVOKE_DIALECT } from "../invoke.ts";
import { encodeUsage } from "../usage.ts";
import { embedFormOf, invokeEmbed } from "./embed.ts";
import { encodeError, errorHeaders, exceptionOf } from "./error.ts";
import { frame } from "./stream-frames.ts";

/** What a stream has sent so far: that of the Messages API, and what it took. */
export interface InvokeState<S> {
  inner: S;
  usage: Usage | undefined;
}

/**
 * AWS's SDKs call us by InvokeModel and InvokeModelWithResponseStream, with bodies of Claude or of
 * models of embeddings. Those of Claude are the Messages API's, with `anthropic_version` in them
 * and the model in the path. See
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html.
 */
export function invokeFacade<S>(messages: Facade<S>): Facade<InvokeState<S>> {
  const chat = hostedChat(messages, ANTHROPIC_VERSION);
  return {
    name: INVOKE_DIALECT,
    framing: "eventstream",
    // The ping of the Messages API: https://platform.claude.com/docs/en/build-with-claude/streaming
    heartbeat: chunkOf('{"type":"ping"}'),
    requestIdHeader: "x-amzn-requestid",
    operationOf: (json) => (embedFormOf(json) === undefined ? "chat" : "embed"),
    replyHeaders,
    errorHeaders,
    codecs: {
      chat: {
        ...chat,
        decodeRequest: claudeOnly(chat.decodeRequest),
        stream: chunked(chat.stream),
      },
      embed: invokeEmbed,
    },
    encodeError,
  };
}

type DecodeChat = NonNullable<ClientCodecs["chat"]>["decodeRequest"];

/** Bodies of other makers are theirs alone: Converse has one for all. */
function claudeOnly(decode: DecodeChat): DecodeChat {
  return (body) =>
    "json" in body && !isPresent(body.json.anthropic_version)
      ? { ok: false, fault: invalidField("anthropic_version", NOT_CLAUDE) }
      : decode(body);
}

const NOT_CLAUDE = [
  `must be "${ANTHROPIC_VERSION}": bodies are those of Claude`,
  "or of embeddings (inputText, texts, taskType); call Converse for other models",
].join(" ");

/**
 * What AWS says of the tokens and the time of an answer, where the vendor has not. See
 * https://docs.aws.amazon.com/bedrock/latest/userguide/inference-invoke.html.
 */
function replyHeaders({ callId, whole, headers }: ReplyFacts): readonly string[] {
  const own = ["x-amzn-requestid", callId];
  if (whole === undefined || headers[INPUT_COUNT] !== undefined) return own;
  const { inputTokens, outputTokens, cacheReadInputTokens, cacheWriteInputTokens } = encodeUsage(
    whole.usage,
  );
  const counts: readonly (readonly [name: string, value: unknown])[] = [
    ["x-amzn-bedrock-invocation-latency", whole.latencyMs],
    [INPUT_COUNT, inputTokens],
    ["x-amzn-bedrock-output-token-count", whole.operation === "chat" ? outputTokens : undefined],
    ["x-amzn-bedrock-cache-read-input-token-count", cacheReadInputTokens],
    ["x-amzn-bedrock-cache-write-input-token-count", cacheWriteInputTokens],
  ];
  const known = counts.filter(([, value]) => value !== undefined);
  return [...own, ...known.flatMap(([name, value]) => [name, String(value)])];
}

const INPUT_COUNT = "x-amzn-bedrock-input-token-count";

/** The frames of the Messages API, each as the bytes of a chunk. */
function chunked<S>(stream: StreamEncoder<S>): StreamEncoder<InvokeState<S>> {
  return {
    begin: (context) => ({ inner: stream.begin(context), usage: undefined }),
    encodeEvent(state, event) {
      if (event.event.case === "usage") state.usage = mergeUsage(state.usage, event.event.value);
      const [inner, frames] = stream.encodeEvent(state.inner, event);
      state.inner = inner;
      return [state, frames.map(chunk)];
    },
    encodeEnd({ inner, usage }, timing) {
      const frames = stream.encodeEnd(inner);
      const stop = chunkOf(
        writeJson({ type: "message_stop", [METRICS]: metricsOf(usage, timing) }),
      );
      return [...frames.slice(0, -1).map(chunk), stop];
    },
    encodeStreamError: (_, fault) => [
      frame(`exception:${exceptionOf(fault)}`, { message: fault.message }),
    ],
  };
}

/**
 * The member of the last chunk that says what the answer took: its counts are those of the headers
 * of a whole answer.
 */
const METRICS = "amazon-bedrock-invocationMetrics";

function metricsOf(usage: Usage | undefined, timing: StreamTiming | undefined): Body {
  const { inputTokens, outputTokens, cacheReadInputTokens, cacheWriteInputTokens } =
    encodeUsage(usage);
  return {
    inputTokenCount: inputTokens,
    outputTokenCount: outputTokens,
    invocationLatency: timing?.latencyMs ?? 0,
    firstByteLatency: timing?.firstByteMs ?? 0,
    ...(cacheReadInputTokens === undefined
      ? undefined
      : { cacheReadInputTokenCount: cacheReadInputTokens }),
    ...(cacheWriteInputTokens === undefined
      ? undefined
      : { cacheWriteInputTokenCount: cacheWriteInputTokens }),
  };
}
