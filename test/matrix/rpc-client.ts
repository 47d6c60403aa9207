import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { type Chat, ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import type {
  CompleteResponse,
  StreamCompleteResponse,
} from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { type Completion, FinishReason } from "../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import { ReasoningEffort } from "../../gen/parlance/chat/v1/generation_pb.js";
import { type MessageSchema, Role } from "../../gen/parlance/chat/v1/message_pb.js";
import type { Reasoning } from "../../gen/parlance/chat/v1/part_pb.js";
import type { Usage } from "../../gen/parlance/chat/v1/usage_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { FaultSchema } from "../../gen/parlance/error/v1/fault_pb.js";
import {
  type AskOptions,
  type Conversation,
  type Failure,
  failed,
  type Outcome,
  type Question,
  type TokenCounts,
} from "./client.ts";
import { foldEvents } from "./fold-events.ts";

/** ChatService however it is reached. Failures are thrown as ConnectError. */
export interface ChatCalls {
  complete(chat: Chat, signal: AbortSignal | undefined): Promise<CompleteResponse>;
  /** Ends without an error only when the protocol says that the stream ended well. */
  streamComplete(
    chat: Chat,
    signal: AbortSignal | undefined,
  ): AsyncIterable<StreamCompleteResponse>;
}

/** A conversation over the typed contract. */
export function openRpc(calls: ChatCalls, question: Question): Conversation {
  const messages = firstMessages(question);
  const chat = () => create(ChatSchema, { ...settings(question), model: question.model, messages });

  async function unary({ signal }: AskOptions): Promise<Outcome> {
    const { completion, report } = await calls.complete(chat(), signal);
    if (completion === undefined) throw new Error("a reply without an answer");
    return take(completion, report?.callId, 1);
  }

  async function streamed({ signal, onPiece }: AskOptions): Promise<Outcome> {
    const events: Event[] = [];
    let callId: string | undefined;
    try {
      for await (const { event, report } of calls.streamComplete(chat(), signal)) {
        callId ??= report?.callId;
        if (event !== undefined) events.push(event);
        onPiece?.();
      }
    } catch (error) {
      return failed(failureOf(error), { pieces: events.length });
    }
    return take(foldEvents(events), callId, events.length);
  }

  function take(completion: Completion, callId: string | undefined, pieces: number): Outcome {
    const message = completion.choices[0]?.message;
    if (message !== undefined) messages.push(message);
    return outcome(completion, callId, pieces);
  }

  return {
    ask: (options) =>
      (options.stream ? streamed(options) : unary(options)).catch((error: unknown) =>
        failed(failureOf(error)),
      ),
    addToolAnswers: (answers) => {
      const parts = answers.map(({ id, text }) => ({
        content: {
          case: "toolResult" as const,
          value: { toolCallId: id, content: [textPart(text)] },
        },
      }));
      messages.push({ role: Role.TOOL, parts });
    },
    addUser: (text) => void messages.push({ role: Role.USER, parts: [textPart(text)] }),
  };
}

type MessageInit = MessageInitShape<typeof MessageSchema>;

function textPart(text: string) {
  return { content: { case: "text" as const, value: { text } } };
}

function firstMessages({ system, text, image }: Question): MessageInit[] {
  const shown =
    image === undefined
      ? []
      : [
          {
            content: {
              case: "image" as const,
              value: {
                source: { case: "data" as const, value: image.bytes },
                mediaType: image.mediaType,
              },
            },
          },
        ];
  return [
    { role: Role.SYSTEM, parts: [textPart(system)] },
    { role: Role.USER, parts: [textPart(text), ...shown] },
  ];
}

function settings({ tools, format, reasoning }: Question) {
  return {
    maxOutputTokens: 4096,
    tools: (tools ?? []).map(({ name, description, schema }) => ({
      tool: {
        case: "function" as const,
        value: { name, description, parametersJson: JSON.stringify(schema) },
      },
    })),
    ...(format === undefined
      ? {}
      : {
          responseFormat: {
            format: {
              case: "jsonSchema" as const,
              value: { name: format.name, schemaJson: JSON.stringify(format.schema), strict: true },
            },
          },
        }),
    ...(reasoning === true ? { reasoning: { effort: ReasoningEffort.LOW } } : {}),
  };
}

function outcome(completion: Completion, callId: string | undefined, pieces: number): Outcome {
  const choice = completion.choices[0];
  const parts = choice?.message?.parts ?? [];
  const reasoning = parts.flatMap(({ content }) =>
    content.case === "reasoning" ? [content.value] : [],
  )[0];
  const toolCalls = parts.flatMap(({ content }) =>
    content.case === "toolCall"
      ? [
          {
            id: content.value.id,
            name: content.value.name,
            argumentsJson: content.value.input.value ?? "",
          },
        ]
      : [],
  );
  return {
    text: parts.map(({ content }) => (content.case === "text" ? content.value.text : "")).join(""),
    toolCalls,
    reasoning: reasoning === undefined ? undefined : readReasoning(reasoning),
    finish: finishOf(choice?.finishReason),
    usage: readUsage(completion.usage),
    callId,
    pieces,
    ended: true,
    failure: undefined,
  };
}

/** The words of a reasoning are its own, or a vendor's summaries of them. */
function readReasoning({ text, signature, summaries }: Reasoning): Outcome["reasoning"] {
  return { text: text === "" ? summaries.join("") : text, signature };
}

function finishOf(reason: FinishReason | undefined): Outcome["finish"] {
  if (reason === FinishReason.STOP) return "stop";
  return reason === FinishReason.TOOL_CALLS ? "tool_calls" : "other";
}

/** The contract's usage as plain numbers. */
export function readUsage(usage: Usage | undefined): TokenCounts | undefined {
  if (usage === undefined) return undefined;
  const number = (value: bigint | undefined) => (value === undefined ? undefined : Number(value));
  return {
    input: number(usage.inputTokens),
    cacheRead: number(usage.cacheReadTokens),
    cacheWrite: number(usage.cacheWriteTokens),
    output: number(usage.outputTokens),
    reasoning: number(usage.reasoningTokens),
  };
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof ConnectError)) {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return {
      kind: "other",
      status: undefined,
      type: "",
      message,
      retryAfterS: undefined,
      callId: undefined,
    };
  }
  const [fault] = error.findDetails(FaultSchema);
  const retryAfter = error.metadata.get("retry-after");
  const { retryAfterMs } = fault ?? {};
  return {
    kind: kindOf(error.code),
    status: error.code,
    type: fault === undefined ? "" : ErrorReason[fault.reason],
    message: error.message,
    retryAfterS: retryAfter === null ? undefined : Number(retryAfter),
    callId: error.metadata.get("x-parlance-call-id") ?? undefined,
    ...(fault === undefined
      ? {}
      : {
          fault: {
            provider: fault.provider,
            upstreamStatus: fault.upstreamStatus,
            retryable: fault.retryable,
            retryAfterMs: retryAfterMs === undefined ? undefined : Number(retryAfterMs),
            callId: fault.callId,
          },
        }),
  };
}

function kindOf(code: Code): Failure["kind"] {
  if (code === Code.InvalidArgument) return "invalid_request";
  if (code === Code.ResourceExhausted) return "rate_limited";
  if (code === Code.Internal || code === Code.Unavailable) return "server";
  return code === Code.Canceled ? "cancelled" : "other";
}
