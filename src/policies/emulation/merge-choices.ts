import type { Completion } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { Body, Piece, Reply } from "../../core/call.ts";
import { chat, expectMessage } from "../../core/operation.ts";
import { collect } from "../../events/collect.ts";
import { explode } from "../../events/explode.ts";
import { usageEvent } from "../../events/make-events.ts";
import { mergeUsage, sumUsage } from "../../events/merge-usage.ts";
import type { PartCalls, PartsEnd } from "./part-calls.ts";

/** What came of one stream, in the order in which it came. */
type Arrival =
  | { readonly index: number; readonly result: IteratorResult<Piece> }
  | { readonly index: number; readonly error: unknown };

/**
 * The replies to several requests as that to one, with `width` choices of each. Ends the parts when
 * the whole has ended.
 */
export function mergedBody(replies: readonly Reply[], parts: PartCalls, width = 1): Body {
  const streams = replies.flatMap(({ body }) => (body.kind === "stream" ? [body.pieces] : []));
  if (streams.length > 0) return { kind: "stream", pieces: mergeChoices(streams, parts, width) };
  const completions = replies.flatMap(({ body }) =>
    body.kind === "whole" ? [expectMessage(body.result(), chat.result)] : [],
  );
  const completion = mergeCompletions(completions, width);
  parts.end("whole");
  return { kind: "whole", result: () => completion };
}

/**
 * The completions of several requests as the choices of one, `width` of each, with their usage
 * summed.
 */
export function mergeCompletions(completions: readonly Completion[], width = 1): Completion {
  const usages: (Usage | undefined)[] = [];
  const events = completions.flatMap((completion, index) =>
    underChoice(explode(completion), { index, width }, usages),
  );
  const usage = sumUsage(usages);
  return collect(usage === undefined ? events : [...events, usageEvent(usage)]);
}

/**
 * The streams of several requests as the choices of one: events come as they come, under the index
 * of their stream and of their choice in it, of which there are `width`. The start and the extras
 * are those of the first; usage comes once, at the end, summed. Where one stream breaks, the others
 * are cancelled and the whole breaks. No more than one piece of each stream waits.
 */
export function mergeChoices(
  streams: readonly AsyncIterable<Piece>[],
  parts: PartCalls,
  width = 1,
): AsyncIterable<Piece> {
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
  const arrivals: Arrival[] = [];
  const usages: (Usage | undefined)[] = [];
  let wake: (() => void) | undefined;
  let open = iterators.length;
  let begun = false;
  let over = false;

  // Each stream has one pull open, so at most one arrival of it waits.
  const arrive = (arrival: Arrival): void => {
    arrivals.push(arrival);
    wake?.();
  };
  const pull = (index: number): void => {
    iterators[index]?.next().then(
      (result) => arrive({ index, result }),
      (error: unknown) => arrive({ index, error }),
    );
  };
  // The end is reported once: a break and a reader that leaves may come together.
  const stop = async (how: PartsEnd): Promise<void> => {
    if (over) return;
    over = true;
    wake?.();
    const returned = iterators.map((iterator) => iterator.return?.());
    parts.cancel();
    await Promise.allSettled(returned);
    parts.end(how);
  };
  const take = async (arrival: Arrival): Promise<readonly Event[]> => {
    if ("error" in arrival) {
      await stop({ error: arrival.error });
      throw arrival.error;
    }
    if (arrival.result.done !== true) {
      pull(arrival.index);
      const { index, result } = arrival;
      return underChoice(result.value.events, { index, width }, usages);
    }
    open -= 1;
    const usage = open === 0 ? sumUsage(usages) : undefined;
    return usage === undefined ? [] : [usageEvent(usage)];
  };
  // No stream is pulled before the reader pulls: an unread reply costs nothing.
  const begin = (): void => {
    if (begun) return;
    begun = true;
    for (let index = 0; index < iterators.length; index += 1) pull(index);
  };
  const arrived = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  const next = async (): Promise<IteratorResult<Piece>> => {
    begin();
    while (!over && (open > 0 || arrivals.length > 0)) {
      const arrival = arrivals.shift();
      const events = arrival === undefined ? none : await take(arrival);
      if (events.length > 0) return { done: false, value: { events } };
      if (arrival === undefined) await arrived();
    }
    if (!over) parts.end("whole");
    over = true;
    return { done: true, value: undefined };
  };
  const leave = async (): Promise<IteratorResult<Piece>> => {
    await stop("left");
    return { done: true, value: undefined };
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: leave }) };
}

const none: readonly Event[] = [];

/** Where the choices of a stream stand in the whole. */
interface Place {
  readonly index: number;
  /** How many choices each stream has. */
  readonly width: number;
}

/**
 * The events of a stream under its index, without what the whole tells itself. Usage is kept for
 * the end.
 */
function underChoice(
  from: readonly Event[],
  { index, width }: Place,
  usages: (Usage | undefined)[],
): readonly Event[] {
  const events: Event[] = [];
  for (const one of from) {
    const { event } = one;
    if (event.case === "usage") usages[index] = mergeUsage(usages[index], event.value);
    else if (index === 0) events.push(one);
    else if (event.case !== "messageStart" && event.case !== "extrasSet")
      events.push(underIndex(one, index * width));
  }
  return events;
}

function moved<T extends { readonly choice: number }>(value: T, by: number): T {
  return { ...value, choice: value.choice + by };
}

function underIndex(from: Event, by: number): Event {
  const { event } = from;
  switch (event.case) {
    case "textDelta":
      return { ...from, event: { case: event.case, value: moved(event.value, by) } };
    case "reasoningDelta":
      return { ...from, event: { case: event.case, value: moved(event.value, by) } };
    case "refusalDelta":
      return { ...from, event: { case: event.case, value: moved(event.value, by) } };
    case "toolCallStart":
      return { ...from, event: { case: event.case, value: moved(event.value, by) } };
    case "toolCallDelta":
      return { ...from, event: { case: event.case, value: moved(event.value, by) } };
    case "audioDelta":
      return { ...from, event: { case: event.case, value: moved(event.value, by) } };
    case "partWhole":
      return { ...from, event: { case: event.case, value: moved(event.value, by) } };
    case "citationAdd":
      return { ...from, event: { case: event.case, value: moved(event.value, by) } };
    case "partEnd":
      return { ...from, event: { case: event.case, value: moved(event.value, by) } };
    case "logprobsDelta":
      return { ...from, event: { case: event.case, value: moved(event.value, by) } };
    case "finish":
      return { ...from, event: { case: event.case, value: moved(event.value, by) } };
    case "messageStart":
    case "usage":
    case "extrasSet":
    case "ping":
    case "continued":
    case undefined:
      return from;
  }
}
