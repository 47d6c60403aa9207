import { isMessage, toBinary } from "@bufbuild/protobuf";
import { ShadowSkipReason } from "../../../gen/parlance/admin/v1/shadow_pb.js";
import { type Chat, ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Completion } from "../../../gen/parlance/chat/v1/completion_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { ConfiguredShadow, Settings } from "../../config/settings.ts";
import { handleCall } from "../../core/attempt.ts";
import type { Call, Handler, Reply } from "../../core/call.ts";
import type { CallRecord } from "../../core/ledger/call-record.ts";
import { Life } from "../../core/life.ts";
import { expectMessage } from "../../core/operation.ts";
import { durationMs } from "../../core/time/duration-ms.ts";
import { createTrace } from "../../core/trace.ts";
import { mayChoose } from "../admit.ts";
import { limitCall } from "../deadline.ts";
import { costOfAttempts, type FindPrices } from "../experiment/cost-of-attempts.ts";
import { mayAct } from "../routing/hedge.ts";
import type { FindRoutingMembers } from "../routing/routing-members.ts";
import { recordOf } from "../trace.ts";
import { AnswerWatch, maxCompared } from "./answer-watch.ts";
import { compareAnswers, textOf } from "./compare-answers.ts";
import { type Permit, permitCopy } from "./permit-copy.ts";
import type { Diff, ShadowBook, Texts } from "./shadow-book.ts";
import type { ShadowCopies } from "./shadow-copies.ts";

/** What copies act through beside the settings. */
export interface CopyWorld {
  readonly shadows: ShadowBook;
  readonly shadowCopies: ShadowCopies;
  /** The prices of the model at a target; undefined: they are not known. */
  readonly prices: FindPrices;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
  /** Takes the record of each copy when it is over. */
  readonly record: (record: CallRecord) => void;
  readonly routingMembers: FindRoutingMembers;
  /** Called with bugs: thrown values that are not a GatewayError. */
  readonly onBug: (error: unknown) => void;
}

/** What a copy needs of the settings and the world. */
export interface CopyOptions extends CopyWorld, Pick<Settings, "resolve"> {}

/** A call that was answered whole. */
export interface Original {
  readonly call: Call;
  readonly watch: AnswerWatch;
  readonly usage: Usage | undefined;
  readonly latencyMs: number;
}

/** How long a copy may take where the model that gets it has no timeout. */
const usualTimeoutMs = 600_000;

/** Sends a copy of a call to the model of a shadow and compares the answers. Never rejects. */
export async function copyCall(
  options: CopyOptions,
  shadow: ConfiguredShadow,
  original: Original,
  next: Handler,
): Promise<void> {
  const skip = (reason: ShadowSkipReason): void => options.shadows.skipped(shadow, reason);
  const copy = beginCopy(options, shadow, original);
  if (!options.shadowCopies.begin(copy.life)) return skip(ShadowSkipReason.DRAINING);
  try {
    const chat = original.call.request.message();
    if (!isMessage(chat, ChatSchema)) throw new Error("shadow: the request is no chat");
    const refused = refusal(options, copy, chat);
    if (refused !== undefined) return skip(refused);
    const permit = await permitCopy(options, shadow, original, chat);
    if ("refused" in permit) return skip(permit.refused);
    await compare(options, shadow, { original, copy, chat, permit }, next);
  } catch (error) {
    options.onBug(error);
  } finally {
    copy.life.end({ kind: "left" });
  }
}

/** The same request in a life of its own, without what its caller and its arm chose. */
function beginCopy(
  { resolve }: CopyOptions,
  { model }: ConfiguredShadow,
  { call }: Original,
): Call {
  const { arm: _, recovery: __, attempt: ___, ...rest } = call;
  const { clock } = call.life;
  const trace = createTrace(clock.nowMs);
  if (call.trace.principal !== undefined) trace.identify(call.trace.principal);
  const id = `${call.id}-shadow`;
  const copy: Call = { ...rest, id, model, life: new Life(clock), trace, shadow: "copy" };
  const timeoutMs = durationMs(resolve(model)?.settings.timeout) ?? usualTimeoutMs;
  limitCall(copy, timeoutMs, ErrorReason.DEADLINE_EXCEEDED);
  return copy;
}

/** Why a call must not be copied, whatever it costs; undefined: it may be. */
function refusal(options: CopyOptions, copy: Call, chat: Chat): ShadowSkipReason | undefined {
  if (mayAct(copy)) return ShadowSkipReason.TOOLS;
  const size = copy.origin?.body.length ?? toBinary(ChatSchema, chat).length;
  if (size > maxCompared) return ShadowSkipReason.TOO_LARGE;
  const model = options.resolve(copy.model);
  if (model === undefined) return ShadowSkipReason.NO_TARGET;
  return mayChoose(options, copy, model) ? undefined : ShadowSkipReason.NOT_ALLOWED;
}

/** A copy that may be sent. */
interface Permitted {
  readonly original: Original;
  readonly copy: Call;
  readonly chat: Chat;
  readonly permit: Permit;
}

async function compare(
  options: CopyOptions,
  shadow: ConfiguredShadow,
  { original, copy, chat, permit }: Permitted,
  next: Handler,
): Promise<void> {
  const { life, trace } = copy;
  const watch = new AnswerWatch();
  life.atEnd((end) => options.record(recordOf(copy, end, { nowMs: life.nowMs })));
  const answered = await readAnswer(copy, next, watch);
  const copyLatencyMs = life.nowMs - trace.startedMs;
  const copyCostNanoUsd = await costOfAttempts(options.prices, trace.attempts);
  // What failed before its answer, without a word of its usage, cost nothing.
  permit.settle(copyCostNanoUsd ?? (answered ? undefined : 0n));
  const { ended } = life;
  const fault = ended?.kind === "broken" ? ended.fault : undefined;
  const last = trace.attempts.at(-1);
  const skip = (reason: ShadowSkipReason): void => options.shadows.skipped(shadow, reason);
  if (fault?.reason === ErrorReason.DRAINING) return skip(ShadowSkipReason.DRAINING);
  if (last === undefined) return skip(ShadowSkipReason.NO_TARGET);
  const [answer, copied] = [original.watch.completion(), watch.completion()];
  if (fault === undefined && (answer === undefined || copied === undefined))
    return skip(ShadowSkipReason.TOO_LARGE);
  const whole = fault === undefined && answer !== undefined && copied !== undefined;
  const diff: Diff = {
    callId: original.call.id,
    atMs: options.wallMs(),
    target: nameOf(original.call.trace.attempts.at(-1)),
    copyTarget: nameOf(last),
    error: fault?.reason,
    comparison: whole ? compareAnswers(chat, answer, copied) : undefined,
    latencyMs: original.latencyMs,
    copyLatencyMs,
    costNanoUsd: await costOfAttempts(options.prices, original.call.trace.attempts),
    copyCostNanoUsd,
    texts: shadow.keepText ? textsOf(original, answer, whole ? copied : undefined) : undefined,
  };
  options.shadows.compared(shadow, diff);
}

/** Reads the answer of a copy to its end; false where there was none. Its life tells the rest. */
async function readAnswer(copy: Call, next: Handler, watch: AnswerWatch): Promise<boolean> {
  let reply: Reply | undefined;
  try {
    reply = watch.watch(await handleCall(copy, next), copy.request.operation);
    if (reply.body.kind === "stream") for await (const _ of reply.body.pieces);
  } catch {
    // Its life has ended with the fault.
  }
  return reply !== undefined;
}

function nameOf(attempt: Call["trace"]["attempts"][number] | undefined): string {
  return attempt === undefined ? "" : `${attempt.target.provider}/${attempt.target.model}`;
}

/** Characters of a text that are kept. */
const keptLength = 2048;

/** Guards look at answers on their way to callers: here they have not, and nothing of those is kept. */
function textsOf(
  { call }: Original,
  answer: Completion | undefined,
  copy: Completion | undefined,
): Texts {
  const cut = (text: string) => text.slice(0, keptLength).toWellFormed();
  const said = (completion: Completion | undefined) =>
    completion === undefined || call.guarded?.answers === true ? "" : cut(textOf(completion));
  return { prompt: cut(lastPrompt(call)), answer: said(answer), copy: said(copy) };
}

function lastPrompt({ request }: Call): string {
  const { messages } = expectMessage(request.message(), ChatSchema);
  const message = messages.findLast(({ role }) => role === Role.USER);
  const texts = (message?.parts ?? []).map(({ content }) =>
    content.case === "text" ? content.value.text : "",
  );
  return texts.join("");
}
