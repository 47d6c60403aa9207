import { create, isMessage } from "@bufbuild/protobuf";
import { type Chat, ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { type Message, MessageSchema, Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { ToolChoiceMode } from "../../../gen/parlance/chat/v1/tool_pb.js";
import { MidStream } from "../../../gen/parlance/config/v1/mid_stream_pb.js";
import { withRequest } from "../../core/attempt.ts";
import type { Call, Handler, Piece, Reply } from "../../core/call.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { endOf } from "../../core/life.ts";
import { livingPieces } from "../../core/reply/living-pieces.ts";
import type { Exclusion } from "../../core/target/exclusion.ts";
import type { Target } from "../../core/target/target.ts";
import { createSeenAnswer, type SeenAnswer } from "../../events/seen-answer.ts";
import { mayAct } from "./hedge.ts";
import { type Group, type ModelFailure, type RouteOptions, waits } from "./rounds.ts";
import { tryInTurn } from "./try-in-turn.ts";
import { tryModel } from "./try-model.ts";

/** Whether streams of a model are gone on with where they break. */
export function continues({ model }: Pick<Group, "model">): boolean {
  return model.settings.midStream === MidStream.CONTINUE;
}

/**
 * Tries the targets of a model, and where the stream of one breaks within its words, has another
 * one, or the same, go on with them. The reply has a life of its own, in which all of them are
 * attempts. Throws as `tryModel`.
 */
export async function tryContinued(
  options: RouteOptions,
  call: Call,
  group: Group,
  next: Handler,
): Promise<Reply | ModelFailure> {
  const life = call.life.child();
  const inside = { ...call, life };
  try {
    const outcome = await tryInTurn(options, inside, group, next);
    if (!("first" in outcome) && outcome.body.kind === "stream") {
      const source = { options, call: inside, group, next };
      const pieces = await livingPieces(life, { pieces: written(source, outcome), stop });
      return { ...outcome, life, body: { kind: "stream", pieces } };
    }
    if ("first" in outcome) life.end(endOf(outcome.first, life));
    else outcome.life.atEnd((end) => life.end(end));
    return outcome;
  } catch (error) {
    life.end(endOf(error, life));
    throw error;
  }
}

/** Its attempts are within the life of the pieces, which ends with them. */
function stop(): void {
  // There is nothing else to stop.
}

/** What an answer is written by. */
interface Writing {
  readonly options: RouteOptions;
  readonly call: Call;
  readonly group: Group;
  readonly next: Handler;
}

async function* written(writing: Writing, first: Reply): AsyncGenerator<Piece> {
  const seen = createSeenAnswer();
  let left = writing.group.model.settings.continuation?.max ?? 0;
  let reply = first;
  for (;;) {
    try {
      yield* taken(reply, seen);
      return;
    } catch (error) {
      const following = left > 0 ? await goOn(writing, reply.target, seen, error) : undefined;
      if (following === undefined) throw error;
      left -= 1;
      seen.breakOff();
      yield { events: [marker(following, error)] };
      reply = following;
    }
  }
}

async function* taken({ body }: Reply, seen: SeenAnswer): AsyncGenerator<Piece> {
  if (body.kind !== "stream") throw new Error("continue: a stream was answered whole");
  for await (const { events } of body.pieces) {
    const own = seen.take(events);
    if (own.length > 0 || events.length === 0) yield { events: own };
  }
}

/** The reply of who goes on; undefined where nobody may, or can. */
async function goOn(
  writing: Writing,
  broken: Target,
  seen: SeenAnswer,
  error: unknown,
): Promise<Reply | undefined> {
  const { options, call, group, next } = writing;
  const text = seen.text();
  if (!(error instanceof GatewayError) || !isWanted(call) || text === undefined) return undefined;
  if (!options.classes(error.fault.reason).retryable) return undefined;
  const going = goingOn(call, text);
  if (going === undefined) return undefined;
  const same = (target: Target): boolean =>
    target.provider === broken.provider && target.model === broken.model;
  const again: Group = { ...group, label: `${group.label}, going on`, continues: true };
  // Another target first, then the one that broke.
  for (const wanted of [(target: Target) => !same(target), same]) {
    const excludes = (target: Target): Exclusion | undefined =>
      call.excludes?.(target) ?? (wanted(target) ? cannotGoOn(options, target) : other);
    try {
      const outcome = await tryModel(options, { ...going, excludes }, again, next);
      if (!("first" in outcome)) return outcome;
    } catch (failure) {
      if (!(failure instanceof GatewayError)) throw failure;
    }
    if (!isWanted(call)) return undefined;
  }
  return undefined;
}

/** The call that goes on with a text; undefined where none can. */
function goingOn(call: Call, text: string): Call | undefined {
  const chat = call.request.message();
  if (!isMessage(chat, ChatSchema) || !isPlain(chat) || mayAct(call)) return undefined;
  // The answer that stands last is not one more prompt of the body.
  const { parts, ...request } = call.request;
  if ((parts?.(chat).length ?? 0) > 1) return undefined;
  const continued = withText(chat, text);
  return { ...withRequest(call, { ...request, message: () => continued }), said: text };
}

/** Whether the caller waits for the answer, and reads it. */
function isWanted(call: Call): boolean {
  return waits(call) && call.life.ended === undefined;
}

const other: Exclusion = { why: "another is tried first" };

/**
 * Whether a chat can be gone on with by an answer that stands last: what has to have a form, what
 * says several things, and what has thought, cannot.
 */
function isPlain(chat: Chat): boolean {
  const { messages, responseFormat, n = 1, reasoning, audioOutput, previousResponseId } = chat;
  const format = responseFormat?.format.case ?? "text";
  return (
    format === "text" &&
    n === 1 &&
    reasoning === undefined &&
    audioOutput === undefined &&
    previousResponseId === "" &&
    !demandsTool(chat) &&
    messages.at(-1)?.role !== Role.ASSISTANT
  );
}

function demandsTool({ toolChoice }: Chat): boolean {
  if (toolChoice === undefined) return false;
  const { case: kind, value } = toolChoice.choice;
  return kind !== "mode" || value === ToolChoiceMode.REQUIRED;
}

/** As many characters as a token has, roughly. */
const charactersOfToken = 4;

/** White space at the end is left out, for vendors refuse it; it is not written twice. */
function withText(chat: Chat, text: string): Chat {
  const words = text.trimEnd();
  const content = { case: "text", value: { text: words } } as const;
  const answer: readonly Message[] =
    words === "" ? [] : [create(MessageSchema, { role: Role.ASSISTANT, parts: [{ content }] })];
  const { maxOutputTokens, messages } = chat;
  const spent = Math.ceil(text.length / charactersOfToken);
  return {
    ...chat,
    messages: [...messages, ...answer],
    ...(maxOutputTokens !== undefined && { maxOutputTokens: Math.max(1, maxOutputTokens - spent) }),
  };
}

/** Why a target does not go on with an answer; undefined where it is known that it does. */
function cannotGoOn(
  { outlet }: Pick<RouteOptions, "outlet">,
  target: Target,
): Exclusion | undefined {
  const known = outlet(target.provider);
  const takes = target.traits?.takes?.prefill;
  if (takes === false || known?.kind !== "wire") return unable;
  const serving = known.families.find(({ has }) => has(target.model))?.outlet ?? known;
  const said = serving.dialect.emulation?.continues?.(target, serving.quirks);
  if (said === false) return unable;
  return said === true || takes === true || target.facts?.prefill === true ? undefined : unable;
}

const unable: Exclusion = { why: "is not known to go on with an answer that stands last" };

function marker({ target, dialect }: Reply, error: unknown): Event {
  const { reason, message } =
    error instanceof GatewayError ? error.fault : { reason: 0, message: "" };
  const { provider, model } = target;
  const value = {
    $typeName: "parlance.chat.v1.Continued",
    target: { $typeName: "parlance.call.v1.Target", provider, model, dialect },
    failure: reason,
    message,
  } as const;
  return { $typeName: "parlance.chat.v1.Event", event: { case: "continued", value } };
}
