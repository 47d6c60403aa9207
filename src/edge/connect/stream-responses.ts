import type { StreamCompleteResponse } from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { Call, Reply } from "../../core/call.ts";
import type { Engine } from "../gateway-api.ts";
import { callReport } from "./services/call-report.ts";
import { toConnectError } from "./to-connect-error.ts";

/**
 * Runs a chat and gives its events, each as a message; the report rides on the first. Leaving it
 * early ends the call. An iterator written out and no generator, because a generator's turns cost
 * more for each message than the message does.
 */
export function streamResponses(engine: Engine, call: Call): AsyncIterable<StreamCompleteResponse> {
  let batches: AsyncIterator<readonly Event[]> | undefined;
  let report: StreamCompleteResponse["report"];
  let batch: readonly Event[] = [];
  let taken = 0;
  let left = false;

  const nextEvent = async (): Promise<Event | undefined> => {
    if (batches === undefined) {
      const reply = await engine.handle(call);
      batches = batchesOf(reply)[Symbol.asyncIterator]();
      report = callReport(call, reply, engine.configHash());
    }
    if (left) await batches.return?.();
    while (taken >= batch.length) {
      const step = await batches.next();
      if (step.done === true) return undefined;
      batch = step.value;
      taken = 0;
    }
    taken += 1;
    return batch[taken - 1];
  };
  const next = async (): Promise<IteratorResult<StreamCompleteResponse>> => {
    try {
      const event = taken < batch.length ? batch[taken++] : await nextEvent();
      if (event === undefined) return { done: true, value: undefined };
      const told = report;
      report = undefined;
      const value: StreamCompleteResponse = {
        $typeName: "parlance.chat.v1.StreamCompleteResponse",
        event,
      };
      if (told !== undefined) value.report = told;
      return { done: false, value };
    } catch (error) {
      throw toConnectError(error, call, engine.onBug);
    }
  };
  const leave = async (): Promise<IteratorResult<StreamCompleteResponse>> => {
    left = true;
    await batches?.return?.();
    return { done: true, value: undefined };
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: leave }) };
}

/** The events of a reply to a typed caller. */
export function batchesOf(reply: Reply): AsyncIterable<readonly Event[]> {
  if (reply.output.kind !== "events")
    throw new Error(`a chat of a typed caller was answered with ${reply.output.kind}`);
  return reply.output.batches;
}
