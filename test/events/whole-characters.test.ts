import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Event, EventSchema } from "../../gen/parlance/chat/v1/event_pb.js";
import { createCharacterJoiner } from "../../src/events/whole-characters.ts";

function delta(text: string, part = 0): Event {
  return create(EventSchema, { event: { case: "textDelta", value: { part, text } } });
}

/** The texts as they arrive through Protobuf, by part. */
function received(batches: readonly (readonly Event[])[]): Record<number, string> {
  const joiner = createCharacterJoiner();
  const texts: Record<number, string> = {};
  for (const event of batches.flatMap((batch) => joiner.join(batch))) {
    const arrived = fromBinary(EventSchema, toBinary(EventSchema, event)).event;
    if (arrived.case !== "textDelta") continue;
    texts[arrived.value.part] = (texts[arrived.value.part] ?? "") + arrived.value.text;
  }
  return texts;
}

describe("text that is cut within a character", () => {
  it("arrives whole, however it is cut into deltas and batches", () => {
    const cuts = fc.array(fc.nat(40), { maxLength: 6 });
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 20 }), cuts, (text, places) => {
        const ends = [...places, text.length]
          .map((place) => Math.min(place, text.length))
          .sort((a, b) => a - b);
        const pieces = ends.map((end, index) => delta(text.slice(ends[index - 1] ?? 0, end)));
        return (received(pieces.map((piece) => [piece]))[0] ?? "") === text;
      }),
    );
  });

  it("waits part by part", () => {
    expect(
      received([
        [delta("a\ud83d", 0), delta("b\ud83d", 1)],
        [delta("\ude00", 1), delta("\ude01", 0)],
      ]),
    ).toEqual({
      0: "a😁",
      1: "b😀",
    });
  });

  it("is left alone where it is whole", () => {
    const events = [delta("😀")];
    expect(createCharacterJoiner().join(events)).toBe(events);
  });

  it("changes no event that was given", () => {
    const event = delta("a\ud83d");
    createCharacterJoiner().join([event]);
    expect(event.event.value).toMatchObject({ text: "a\ud83d" });
  });
});
