import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Outcome } from "../../core/call.ts";
import { GatewayError } from "../../core/gateway-error.ts";
import { usageEvent } from "../../events/make-events.ts";
import { mergeUsage, sumUsage } from "../../events/merge-usage.ts";
import type { PartCalls } from "./part-calls.ts";

type Batch = readonly Event[];

/** What came of one stream, in the order in which it came. */
type Arrival =
  | { readonly index: number; readonly result: IteratorResult<Batch> }
  | { readonly index: number; readonly error: unknown };

/**
 * The answers of several requests as the choices of one: events come as they come, under the index
 * of their stream. The start and the extras are those of the first; usage is told once, at the end,
 * summed. Where one stream breaks, the others are cancelled and the whole breaks. No more than one
 * batch of each stream waits.
 */
export function mergeAnswers(
  streams: readonly AsyncIterable<Batch>[],
  parts: PartCalls,
): AsyncIterable<Batch> {
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
  const arrivals: Arrival[] = [];
  const usages: (Usage | undefined)[] = [];
  let wake: (() => void) | undefined;
  let open = iterators.length;
  let begun = false;
  let over = false;

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
  const stop = async (outcome: Omit<Outcome, "usage">): Promise<void> => {
    if (over) return;
    over = true;
    wake?.();
    const returned = iterators.map((iterator) => iterator.return?.());
    parts.cancel();
    await Promise.allSettled(returned);
    parts.settle(outcome);
  };
  const take = async (arrival: Arrival): Promise<Batch> => {
    if ("error" in arrival) {
      await stop(failed(arrival.error));
      throw arrival.error;
    }
    if (arrival.result.done !== true) {
      pull(arrival.index);
      return chosen(arrival.result.value, arrival.index, usages);
    }
    open -= 1;
    const usage = open === 0 ? sumUsage(usages) : undefined;
    return usage === undefined ? [] : [usageEvent(usage)];
  };
  const begin = (): void => {
    if (begun) return;
    begun = true;
    for (let index = 0; index < iterators.length; index += 1) pull(index);
  };
  const arrived = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  const next = async (): Promise<IteratorResult<Batch>> => {
    begin();
    while (!over && (open > 0 || arrivals.length > 0)) {
      const arrival = arrivals.shift();
      const value = arrival === undefined ? none : await take(arrival);
      if (value.length > 0) return { done: false, value };
      if (arrival === undefined) await arrived();
    }
    if (!over) parts.settle({ callerGone: false });
    over = true;
    return { done: true, value: undefined };
  };
  const leave = async (): Promise<IteratorResult<Batch>> => {
    await stop({ callerGone: true });
    return { done: true, value: undefined };
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: leave }) };
}

const none: Batch = [];

function failed(error: unknown): Omit<Outcome, "usage"> {
  if (!(error instanceof GatewayError)) return { callerGone: false };
  return { callerGone: error.fault.reason === ErrorReason.CANCELLED, fault: error.fault };
}

/**
 * The events of a stream under its index, without what the whole tells itself. Usage is kept for
 * the end.
 */
function chosen(batch: Batch, index: number, usages: (Usage | undefined)[]): Batch {
  const events: Event[] = [];
  for (const given of batch) {
    const { event } = given;
    if (event.case === "usage") usages[index] = mergeUsage(usages[index], event.value);
    else if (index === 0) events.push(given);
    else if (event.case !== "messageStart" && event.case !== "extrasSet")
      events.push(underIndex(given, index));
  }
  return events;
}

function underIndex(given: Event, choice: number): Event {
  const { event } = given;
  switch (event.case) {
    case "textDelta":
      return { ...given, event: { case: event.case, value: { ...event.value, choice } } };
    case "reasoningDelta":
      return { ...given, event: { case: event.case, value: { ...event.value, choice } } };
    case "refusalDelta":
      return { ...given, event: { case: event.case, value: { ...event.value, choice } } };
    case "toolCallStart":
      return { ...given, event: { case: event.case, value: { ...event.value, choice } } };
    case "toolCallDelta":
      return { ...given, event: { case: event.case, value: { ...event.value, choice } } };
    case "audioDelta":
      return { ...given, event: { case: event.case, value: { ...event.value, choice } } };
    case "partWhole":
      return { ...given, event: { case: event.case, value: { ...event.value, choice } } };
    case "citationAdd":
      return { ...given, event: { case: event.case, value: { ...event.value, choice } } };
    case "partEnd":
      return { ...given, event: { case: event.case, value: { ...event.value, choice } } };
    case "logprobsDelta":
      return { ...given, event: { case: event.case, value: { ...event.value, choice } } };
    case "finish":
      return { ...given, event: { case: event.case, value: { ...event.value, choice } } };
    case "messageStart":
    case "usage":
    case "extrasSet":
    case undefined:
      return given;
  }
}
