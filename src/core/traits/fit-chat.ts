import type { FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { Verbosity } from "../../../gen/parlance/chat/v1/generation_pb.js";
import { type Message, Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { ModelTraits, Takes } from "../../../gen/parlance/model/v1/model_traits_pb.js";
import { fitFormat } from "./fit-format.ts";
import { fitMedia } from "./fit-media.ts";
import { fitReasoning } from "./fit-reasoning.ts";
import { fitSampling } from "./fit-sampling.ts";
import { fitTools } from "./fit-tools.ts";
import { drops, type Fitting, maps } from "./fitting.ts";
import { takesNow } from "./thinks.ts";

/** A chat as a model takes it, and what became of the fields that it does not take. */
export interface FittedChat {
  readonly chat: Chat;
  readonly report: readonly FieldReport[];
}

/**
 * Fits a chat to its model: what the model does not take is left out, lowered or said otherwise,
 * each with an entry of the report. What is not known of the model stays as it is. `thinkingApart`:
 * the dialect itself sees to thinking and to what depends on it.
 */
export function fitChat(chat: Chat, traits: ModelTraits, thinkingApart: boolean): FittedChat {
  const fitting: Fitting = { chat: { ...chat }, report: [] };
  if (!thinkingApart) fitReasoning(fitting, traits);
  const takes = thinkingApart ? traits.takes : takesNow(traits, fitting.chat.reasoning);
  if (takes !== undefined) for (const apply of knobs) apply(fitting, takes);
  return fitting.report.length === 0 ? { chat, report: [] } : fitting;
}

const knobs: readonly ((fitting: Fitting, takes: Takes) => void)[] = [
  fitSampling,
  fitTools,
  fitFormat,
  fitVerbosity,
  fitRoles,
  fitMedia,
];

function fitVerbosity(fitting: Fitting, takes: Takes): void {
  const { verbosity } = fitting.chat;
  if (takes.verbosity !== false || verbosity === Verbosity.UNSPECIFIED) return;
  if (verbosity === Verbosity.MEDIUM)
    maps(fitting, "verbosity", "it is what the model does anyway");
  else drops(fitting, "verbosity", "the model takes none");
  fitting.chat.verbosity = Verbosity.UNSPECIFIED;
}

function fitRoles(fitting: Fitting, takes: Takes): void {
  if (takes.developer !== false) return;
  const { messages } = fitting.chat;
  if (messages.every(({ role }) => role !== Role.DEVELOPER)) return;
  fitting.chat.messages = messages.map((message, index): Message => {
    if (message.role !== Role.DEVELOPER) return message;
    maps(fitting, `messages[${index}].role`, "sent as system, for the model knows no developer");
    return { ...message, role: Role.SYSTEM };
  });
}
