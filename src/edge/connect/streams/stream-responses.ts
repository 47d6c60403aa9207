import type { StreamCompleteResponse } from "../../../../gen/parlance/chat/v1/chat_service_pb.js";
import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { Call, Piece, Reply } from "../../../core/call.ts";
import { type FlowingIterator, type Take, takeAll } from "../../../core/reply/flow.ts";
import type { Engine } from "../../gateway-api.ts";
import { callReport } from "../services/call-report.ts";
import { toConnectError } from "../to-connect-error.ts";
import { keepAlive } from "./keep-alive.ts";
import type { MessageIterator } from "./message-flow.ts";

/**
 * Runs a chat and gives its events, each as a message; the report rides on the first. Leaving it
 * early ends the call. Where `heartbeatMs` is above 0 there are pings: when nothing came for so
 * long, and where the vendor sends one.
 */
export function streamResponses(
  engine: Engine,
  call: Call,
  heartbeatMs: number,
): AsyncIterable<StreamCompleteResponse> {
  if (heartbeatMs === 0) return eventResponses(engine, call, false);
  const { clock } = call.life;
  const responses = eventResponses(engine, call, true);
  return keepAlive(responses, { beat: respondWith(ping), silenceMs: heartbeatMs, clock });
}

const ping: Event = {
  $typeName: "parlance.chat.v1.Event",
  event: { case: "ping", value: { $typeName: "parlance.chat.v1.Ping" } },
};

function respondWith(event: Event): StreamCompleteResponse {
  return { $typeName: "parlance.chat.v1.StreamCompleteResponse", event };
}

/**
 * An iterator written out and no generator, because a generator's turns cost more for each message
 * than the message does. `pings`: whether those of the vendor are handed on.
 */
function eventResponses(
  engine: Engine,
  call: Call,
  pings: boolean,
): AsyncIterable<StreamCompleteResponse> {
  let pieces: FlowingIterator<Piece> | undefined;
  let report: StreamCompleteResponse["report"];
  let events: readonly Event[] = [];
  let taken = 0;
  let left = false;

  const open = async (): Promise<FlowingIterator<Piece>> => {
    if (pieces === undefined) {
      const reply = await engine.handle(call);
      pieces = piecesOf(reply);
      report = callReport(call, reply, engine.configHash());
    }
    if (left) await pieces.return?.();
    return pieces;
  };
  const print = (event: Event): StreamCompleteResponse => {
    const value = respondWith(event);
    if (report !== undefined) value.report = report;
    report = undefined;
    return value;
  };
  const nextEvent = async (): Promise<Event | undefined> => {
    const iterator = await open();
    while (taken >= events.length) {
      const step = await iterator.next();
      if (step.done === true) return undefined;
      events = pings && isSignOfLife(step.value) ? [ping] : step.value.events;
      taken = 0;
    }
    taken += 1;
    return events[taken - 1];
  };
  const next = async (): Promise<IteratorResult<StreamCompleteResponse>> => {
    try {
      const event = taken < events.length ? events[taken++] : await nextEvent();
      return event === undefined
        ? { done: true, value: undefined }
        : { done: false, value: print(event) };
    } catch (error) {
      throw toConnectError(error, call, engine.onBug);
    }
  };
  const flow = async (take: Take<readonly StreamCompleteResponse[]>): Promise<void> => {
    try {
      const hand = (piece: Piece) => {
        const said = pings && isSignOfLife(piece) ? [ping] : piece.events;
        return said.length === 0 ? undefined : take(said.map(print));
      };
      await takeAll(await open(), hand);
    } catch (error) {
      throw toConnectError(error, call, engine.onBug);
    }
  };
  const leave = async (): Promise<IteratorResult<StreamCompleteResponse>> => {
    left = true;
    await pieces?.return?.();
    return { done: true, value: undefined };
  };
  const iterator: MessageIterator<StreamCompleteResponse> = { next, return: leave, flow };
  return { [Symbol.asyncIterator]: () => iterator };
}

function isSignOfLife({ events, wire }: Piece): boolean {
  return events.length === 0 && wire === undefined;
}

function piecesOf({ body }: Reply): FlowingIterator<Piece> {
  if (body.kind !== "stream") throw new Error("a call for a stream was answered whole");
  return body.pieces[Symbol.asyncIterator]();
}
