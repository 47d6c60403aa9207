import type { Message } from "@bufbuild/protobuf";
import type { Serialization } from "@connectrpc/connect/protocol";
import type { StreamCompleteResponse } from "../../../../gen/parlance/chat/v1/chat_service_pb.js";

/**
 * A binary form that prints text of a streamed answer by itself: nearly all messages of a stream
 * are that, and reading their shape from the descriptor costs more than all else of them.
 */
export function withTextDeltas<T extends Message>(binary: Serialization<T>): Serialization<T> {
  return {
    ...binary,
    serialize: (message) => printTextDelta(message) ?? binary.serialize(message),
  };
}

/**
 * A message that adds text to an answer and says nothing else, in Protobuf's binary form; undefined
 * for every other message.
 */
export function printTextDelta(message: Message): Uint8Array<ArrayBuffer> | undefined {
  if (!isStreamed(message) || message.report !== undefined) return undefined;
  const { event } = message;
  if (event?.event.case !== "textDelta") return undefined;
  const delta = event.event.value;
  if (delta.$unknown !== undefined || event.$unknown !== undefined) return undefined;
  const { choice, part, text } = delta;
  const textLength = Buffer.byteLength(text);
  const deltaLength =
    numberLength(choice) +
    numberLength(part) +
    (textLength === 0 ? 0 : 1 + varintLength(textLength) + textLength);
  const eventLength = 1 + varintLength(deltaLength) + deltaLength;
  const bytes = Buffer.allocUnsafe(1 + varintLength(eventLength) + eventLength);
  let at = writeNumber(bytes, 0, EVENT, eventLength);
  at = writeNumber(bytes, at, TEXT_DELTA, deltaLength);
  if (choice !== 0) at = writeNumber(bytes, at, CHOICE, choice);
  if (part !== 0) at = writeNumber(bytes, at, PART, part);
  if (textLength > 0) bytes.write(text, writeNumber(bytes, at, TEXT, textLength));
  return bytes;
}

/** Tags: the number of the field, and 2 for what has a length or 0 for a number. */
const EVENT = (1 << 3) | 2;
const TEXT_DELTA = (2 << 3) | 2;
const CHOICE = 1 << 3;
const PART = 2 << 3;
const TEXT = (3 << 3) | 2;

function isStreamed(message: Message): message is StreamCompleteResponse {
  return (
    message.$typeName === "parlance.chat.v1.StreamCompleteResponse" &&
    message.$unknown === undefined
  );
}

/** Bytes of a field that holds a number; a zero is left out. */
function numberLength(value: number): number {
  return value === 0 ? 0 : 1 + varintLength(value);
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest > 0x7f; rest >>>= 7) length += 1;
  return length;
}

/** Writes a tag and a number; gives the offset behind them. */
function writeNumber(bytes: Buffer, start: number, tag: number, value: number): number {
  let at = start;
  bytes[at++] = tag;
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80;
  bytes[at++] = rest;
  return at;
}
