import { create, isMessage } from "@bufbuild/protobuf";
import { type Chat, ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { type Completion, FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { MessageSchema, Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { ToolChoiceMode } from "../../../gen/parlance/chat/v1/tool_pb.js";
import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { Settings } from "../../config/settings.ts";
import { handleCall, withRequest } from "../../core/attempt.ts";
import type { Call, Handler, Piece } from "../../core/call.ts";
import type { Stage } from "../../core/compose.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { AnswerRepair, Guard } from "../../core/guard/guard.ts";
import { chat } from "../../core/operation.ts";
import { piecesOf, rewriteReply } from "../../core/reply/rewrite-reply.ts";
import { createCollector } from "../../events/collect.ts";
import { mergeUsage, sumUsage } from "../../events/merge-usage.ts";
import { BoundGuards } from "./bound-guards.ts";
import type { GuardWorld } from "./guards.ts";
import { isSignOfLife } from "./hold-answer.ts";

/** A guard that has answers mended. */
type Mender = Guard & { readonly repair: AnswerRepair };

/**
 * Sends answers of chats in which a guard would find something back to the model with what is
 * wrong, where the guard says so, and hands on the mended one; the last one where none is better,
 * for the guard to act on. Each is an attempt of the call. It holds a stream until it is over. Of
 * an answer that is cut off, calls tools or has several choices nothing is mended. Undefined where
 * no guard mends.
 */
export function mendAnswersPolicy(settings: Settings, { guards }: GuardWorld): Stage | undefined {
  if (![...guards.values()].some(mends)) return undefined;
  const bound = new BoundGuards(guards, settings);
  const mendersOf = ({ request, guarded }: Call): readonly Mender[] =>
    request.operation === chat && guarded !== undefined
      ? bound.withNames(guarded.names).filter(mends)
      : [];
  return {
    name: "mend_answers",
    sees: (call) => (mendersOf(call).length === 0 ? "usage" : "events"),
    layer: (next) => (call) => {
      const menders = mendersOf(call);
      return menders.length === 0 ? next(call) : mend(call, next, menders);
    },
  };
}

function mends(guard: Guard): guard is Mender {
  return guard.repair !== undefined && guard.stages.has("output");
}

function mend(call: Call, next: Handler, menders: readonly Mender[]) {
  let isMended = false;
  const rewrite = async function* (pieces: AsyncIterable<Piece>): AsyncGenerator<Piece> {
    let answer = yield* heldAnswer(pieces);
    let left = menders.reduce((max, { repair }) => Math.max(max, repair.attempts), 0);
    for (; left > 0; left -= 1) {
      const again = againWith(call, answer, menders);
      const better = again && (yield* answerTo(again, call, next));
      if (better === undefined) break;
      isMended = true;
      answer = withUsageOf(answer, better);
    }
    yield* answer.pieces;
  };
  return rewriteReply(call, next, rewrite, { keeps: () => !isMended });
}

/** An answer that is over, and of which its caller has seen nothing. */
interface HeldAnswer {
  readonly pieces: readonly Piece[];
  readonly completion: Completion;
}

/** Takes an answer to its end; hands on signs of life alone. */
async function* heldAnswer(pieces: AsyncIterable<Piece>): AsyncGenerator<Piece, HeldAnswer> {
  const held: Piece[] = [];
  const collector = createCollector();
  for await (const piece of pieces) {
    if (isSignOfLife(piece)) {
      yield piece;
      continue;
    }
    held.push(piece);
    for (const event of piece.events) collector.add(event);
  }
  return { pieces: held, completion: collector.completion() };
}

/** The answer to another call; undefined where it fails and the caller still waits. */
async function* answerTo(
  again: Call,
  { life }: Call,
  next: Handler,
): AsyncGenerator<Piece, HeldAnswer | undefined> {
  try {
    const { body } = await handleCall({ ...again, life: life.child() }, next);
    return yield* heldAnswer(piecesOf(body, chat));
  } catch (error) {
    life.throwIfAborted();
    if (!(error instanceof GatewayError)) throw error;
    return undefined;
  }
}

/** The call that has an answer mended; undefined where there is nothing to mend, or nobody can. */
function againWith(
  call: Call,
  { completion }: HeldAnswer,
  menders: readonly Mender[],
): Call | undefined {
  const message = call.request.message();
  // Several prompts of one body are answered by themselves.
  const { parts, ...request } = call.request;
  if (!isMessage(message, ChatSchema) || (parts?.(message).length ?? 0) > 1) return undefined;
  for (const text of textsOf(completion))
    for (const { name, repair } of menders) {
      const question = repair.question(text);
      if (question === undefined) continue;
      const asking = withQuestion(message, text, question);
      const { rules = [], why = "", tried } = call.ruling ?? {};
      const reason = `the guard ${name} has the answer mended`;
      return {
        ...withRequest(call, { ...request, message: () => asking }),
        ruling: {
          rules,
          why: why === "" ? reason : `${why}; ${reason}`,
          ...(tried !== undefined && { tried }),
        },
      };
    }
  return undefined;
}

/** The texts of an answer that is nothing but text, and whole. */
function textsOf({ choices }: Completion): readonly string[] {
  const [choice, ...others] = choices;
  if (choice?.finishReason !== FinishReason.STOP || others.length > 0) return [];
  const parts = choice.message?.parts ?? [];
  if (parts.some(({ content }) => content.case === "toolCall")) return [];
  return parts.flatMap(({ content }) =>
    content.case === "text" && content.value.text !== "" ? [content.value.text] : [],
  );
}

function withQuestion(message: Chat, answer: string, question: string): Chat {
  const said = (role: Role, text: string) =>
    create(MessageSchema, { role, parts: [{ content: { case: "text", value: { text } } }] });
  const { messages, tools } = message;
  return {
    ...message,
    messages: [...messages, said(Role.ASSISTANT, answer), said(Role.USER, question)],
    ...(tools.length > 0 && {
      toolChoice: {
        $typeName: "parlance.chat.v1.ToolChoice",
        choice: { case: "mode", value: ToolChoiceMode.NONE },
      },
    }),
  };
}

/** An answer with what that before it took added to what it says that it took. */
function withUsageOf({ completion }: HeldAnswer, better: HeldAnswer): HeldAnswer {
  const before = completion.usage;
  if (before === undefined) return better;
  let own: Usage | undefined;
  const sum = (event: Event): Event => {
    if (event.event.case !== "usage") return event;
    own = mergeUsage(own, event.event.value);
    const value = sumUsage([before, own]) ?? own;
    return { $typeName: "parlance.chat.v1.Event", event: { case: "usage", value } };
  };
  const pieces = better.pieces.map(({ events }) => ({ events: events.map(sum) }));
  const usage = sumUsage([before, better.completion.usage]);
  return {
    pieces,
    completion: { ...better.completion, ...(usage !== undefined && { usage }) },
  };
}
