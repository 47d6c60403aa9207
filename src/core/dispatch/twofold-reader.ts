import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { Piece } from "../call.ts";
import type { RawFrame } from "../target/outlet.ts";
import type { StreamReader } from "./stream-reader.ts";

/**
 * Reads a vendor's frames twice, for stages that look at what passes: the bytes as they came, and
 * beside them the events that they stand for. What fails either way fails the stream.
 */
export function createTwofoldReader(
  bytes: StreamReader<Piece>,
  events: StreamReader<Piece>,
): StreamReader<Piece> {
  const both = (wire: Piece | undefined, said: Piece | undefined): Piece | undefined =>
    wire === undefined && said === undefined
      ? undefined
      : { events: said?.events ?? none, wire: wire?.wire ?? empty };
  return {
    read: (frames: readonly RawFrame[]) => both(bytes.read(frames), events.read(frames)),
    end: () => both(bytes.end(), events.end()),
    fault: () => bytes.fault() ?? events.fault(),
    usage: () => bytes.usage() ?? events.usage(),
    model: () => events.model(),
  };
}

const none: readonly Event[] = [];

/** Events whose frame the client does not get: a client must not be sent them in another form. */
const empty = new Uint8Array();
