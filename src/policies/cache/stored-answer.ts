import { fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { type Event, EventSchema } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { CacheEntry } from "../../core/cache/entry-store.ts";
import type { Operation } from "../../core/operation.ts";

/** An answer in the contract's form, as it is stored. */
export type StoredAnswer = Pick<CacheEntry, "form" | "payload">;

/** An answer that came whole. */
export function storeResult({ result }: Operation, message: Message): StoredAnswer {
  return { form: "result", payload: toBinary(result, message) };
}

/** An answer that came in pieces, of the events that `encodeEvent` made bytes of. */
export function storeEvents(events: readonly Uint8Array[]): StoredAnswer {
  const writer = new BinaryWriter();
  for (const event of events) writer.bytes(event);
  return { form: "events", payload: writer.finish() };
}

/** An event as it is stored. */
export function encodeEvent(event: Event): Uint8Array {
  return toBinary(EventSchema, event);
}

/** The result message of a stored answer. Throws where its bytes are none. */
export function storedResult(operation: Operation, { form, payload }: StoredAnswer): Message {
  if (form === "result") return fromBinary(operation.result, payload);
  const collector = operation.stream?.collect();
  if (collector === undefined) throw new Error(`the result of ${operation.name} has no events`);
  for (const event of eventsOf(payload)) collector.add(event);
  return collector.result();
}

/** The events of a stored answer, as they came where it was streamed. */
export function storedEvents(operation: Operation, answer: StoredAnswer): readonly Event[] {
  if (answer.form === "events") return eventsOf(answer.payload);
  if (operation.stream === undefined)
    throw new Error(`the result of ${operation.name} has no events`);
  return operation.stream.explode(storedResult(operation, answer));
}

function eventsOf(payload: Uint8Array): readonly Event[] {
  const reader = new BinaryReader(payload);
  const events: Event[] = [];
  while (reader.pos < reader.len) events.push(fromBinary(EventSchema, reader.bytes()));
  return events;
}
