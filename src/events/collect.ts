import type { Choice, Completion, Logprobs } from "../../gen/parlance/chat/v1/completion_pb.js";
import { FinishReason } from "../../gen/parlance/chat/v1/completion_pb.js";
import type { Event, Finish, MessageStart } from "../../gen/parlance/chat/v1/event_pb.js";
import { Role } from "../../gen/parlance/chat/v1/message_pb.js";
import type { Usage } from "../../gen/parlance/chat/v1/usage_pb.js";
import {
  addAudio,
  addCitation,
  addReasoning,
  addRefusal,
  addText,
  addToolInput,
  addWhole,
  closeParts,
  createPartList,
  type PartList,
  startToolCall,
} from "./collect-parts.ts";
import { mergeUsage } from "./merge-usage.ts";

/** Folds the events of an answer one by one. */
export interface Collector {
  /** Takes the next event. Never throws, and keeps memory of the event without changing it. */
  add(event: Event): void;
  /**
   * The fold so far. May be called at any time; later events do not change a result that was
   * returned.
   */
  completion(): Completion;
}

/**
 * The completion that an answer's events stand for; `explode` is its inverse. Total: any sequence
 * of events folds, and nothing that carries content is dropped. Where a sequence is not
 * well-formed,
 *  - a delta begins the part it names, also without a start; gaps between indices of parts and
 *    choices are closed;
 *  - a delta or a whole part of another kind than the part it names begins a part of its own right
 *    after that one;
 *  - a whole part replaces the part of its kind with its index, and deltas add to a part that came
 *    whole;
 *  - of events that come twice (start, finish, usage, extras) the last wins, member by member where
 *    a member is unset;
 *  - an event that names nothing (no case, a whole part without content) does nothing.
 */
export function collect(events: Iterable<Event>): Completion {
  const collector = createCollector();
  for (const event of events) collector.add(event);
  return collector.completion();
}

/** A collector that has seen nothing. See `collect` for the rules. */
export function createCollector(): Collector {
  const fold: Fold = {
    start: undefined,
    choices: new Map(),
    latest: undefined,
    usage: undefined,
    extras: undefined,
  };
  return { add: (event) => add(fold, event), completion: () => finish(fold) };
}

interface Fold {
  start: MessageStart | undefined;
  readonly choices: Map<number, OpenChoice>;
  /** The choice of the last event: most events name the same one as the event before. */
  latest: OpenChoice | undefined;
  usage: Usage | undefined;
  extras: Record<string, string> | undefined;
}

interface OpenChoice {
  readonly index: number;
  readonly parts: PartList;
  end: Finish | undefined;
  logprobs: Logprobs | undefined;
  /** Whether the arrays of `logprobs` are the fold's own, so that they may grow in place. */
  ownsLogprobs: boolean;
}

function add(fold: Fold, { event }: Event): void {
  switch (event.case) {
    case "messageStart":
      fold.start = fold.start === undefined ? event.value : mergeStart(fold.start, event.value);
      return;
    case "textDelta":
      addText(openChoice(fold, event.value.choice).parts, event.value);
      return;
    case "reasoningDelta":
      addReasoning(openChoice(fold, event.value.choice).parts, event.value);
      return;
    case "refusalDelta":
      addRefusal(openChoice(fold, event.value.choice).parts, event.value);
      return;
    case "toolCallStart":
      startToolCall(openChoice(fold, event.value.choice).parts, event.value);
      return;
    case "toolCallDelta":
      addToolInput(openChoice(fold, event.value.choice).parts, event.value);
      return;
    case "audioDelta":
      addAudio(openChoice(fold, event.value.choice).parts, event.value);
      return;
    case "partWhole":
      addWhole(openChoice(fold, event.value.choice).parts, event.value);
      return;
    case "citationAdd":
      addCitation(openChoice(fold, event.value.choice).parts, event.value);
      return;
    case "logprobsDelta":
      addLogprobs(openChoice(fold, event.value.choice), event.value.logprobs);
      return;
    case "finish":
      openChoice(fold, event.value.choice).end = event.value;
      return;
    case "usage":
      fold.usage = mergeUsage(fold.usage, event.value);
      return;
    case "extrasSet":
      fold.extras ??= {};
      fold.extras[event.value.dialect] = event.value.json;
      return;
    case "partEnd":
    case "ping":
    case "continued":
    case undefined:
      return;
  }
}

function mergeStart(earlier: MessageStart, later: MessageStart): MessageStart {
  return {
    $typeName: "parlance.chat.v1.MessageStart",
    id: later.id || earlier.id,
    model: later.model || earlier.model,
    createdUnixS: later.createdUnixS || earlier.createdUnixS,
    systemFingerprint: later.systemFingerprint || earlier.systemFingerprint,
    serviceTier: later.serviceTier || earlier.serviceTier,
  };
}

function openChoice(fold: Fold, index: number): OpenChoice {
  if (fold.latest?.index === index) return fold.latest;
  let choice = fold.choices.get(index);
  if (choice === undefined) {
    choice = {
      index,
      parts: createPartList(),
      end: undefined,
      logprobs: undefined,
      ownsLogprobs: false,
    };
    fold.choices.set(index, choice);
  }
  fold.latest = choice;
  return choice;
}

function addLogprobs(choice: OpenChoice, added: Logprobs | undefined): void {
  if (added === undefined) return;
  if (choice.logprobs === undefined) {
    choice.logprobs = added;
    return;
  }
  if (!choice.ownsLogprobs) {
    const { content, refusal } = choice.logprobs;
    choice.logprobs = {
      $typeName: "parlance.chat.v1.Logprobs",
      content: [...content],
      refusal: [...refusal],
    };
    choice.ownsLogprobs = true;
  }
  for (const token of added.content) choice.logprobs.content.push(token);
  for (const token of added.refusal) choice.logprobs.refusal.push(token);
}

function finish(fold: Fold): Completion {
  const choices: Choice[] = [];
  for (const choice of fold.choices.values()) choices.push(closeChoice(choice));
  if (choices.length > 1) choices.sort((one, other) => one.index - other.index);
  return {
    $typeName: "parlance.chat.v1.Completion",
    id: fold.start?.id ?? "",
    model: fold.start?.model ?? "",
    createdUnixS: fold.start?.createdUnixS ?? 0n,
    choices,
    ...(fold.usage === undefined ? undefined : { usage: fold.usage }),
    systemFingerprint: fold.start?.systemFingerprint ?? "",
    serviceTier: fold.start?.serviceTier ?? "",
    extrasJson: { ...fold.extras },
  };
}

function closeChoice(choice: OpenChoice): Choice {
  choice.ownsLogprobs = false;
  return {
    $typeName: "parlance.chat.v1.Choice",
    index: choice.index,
    message: {
      $typeName: "parlance.chat.v1.Message",
      role: Role.ASSISTANT,
      parts: closeParts(choice.parts),
      name: "",
      text: "",
      extrasJson: {},
    },
    finishReason: choice.end?.reason ?? FinishReason.UNSPECIFIED,
    vendorFinishReason: choice.end?.vendorReason ?? "",
    stopSequence: choice.end?.stopSequence ?? "",
    ...(choice.logprobs === undefined ? undefined : { logprobs: choice.logprobs }),
  };
}
