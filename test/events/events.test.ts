import { clone, create, equals, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Completion, CompletionSchema } from "../../gen/parlance/chat/v1/completion_pb.js";
import { type Event, EventSchema } from "../../gen/parlance/chat/v1/event_pb.js";
import { UsageSchema } from "../../gen/parlance/chat/v1/usage_pb.js";
import { collect, createCollector } from "../../src/events/collect.ts";
import { explode } from "../../src/events/explode.ts";
import { mergeUsage } from "../../src/events/merge-usage.ts";
import { completion, extrasJson, part, text, usage } from "../arbitraries/completion.ts";

type EventInit = NonNullable<MessageInitShape<typeof EventSchema>["event"]>;

function event(init: EventInit): Event {
  return create(EventSchema, { event: init });
}

function fold(...inits: EventInit[]): Completion {
  return collect(inits.map(event));
}

/** The same answer in smaller steps: `cut` says where in its words a delta is cut. */
function recut(whole: Event, cut: number): Event[] {
  const { event: step } = whole;
  if (step.case === "toolCallDelta") {
    return halves(step.value.input, cut).map((input) =>
      event({ case: step.case, value: { ...step.value, input } }),
    );
  }
  if (step.case === "textDelta" || step.case === "refusalDelta") {
    return halves(step.value.text, cut).map((piece) =>
      create(EventSchema, {
        event: { ...step, value: { ...step.value, text: piece } } as EventInit,
      }),
    );
  }
  if (step.case === "audioDelta") {
    const { choice, part: index, data } = step.value;
    const at = cut % (data.length + 1);
    return [
      event({ case: "audioDelta", value: { ...step.value, data: data.slice(0, at) } }),
      event({ case: "audioDelta", value: { choice, part: index, data: data.slice(at) } }),
    ];
  }
  if (step.case === "reasoningDelta") {
    const { choice, part: index, summaryIndex } = step.value;
    const words = halves(step.value.text, cut);
    const summaries = halves(step.value.summary, cut);
    return [0, 1].map((half) =>
      event({
        case: "reasoningDelta",
        value: {
          ...(half === 0 ? step.value : { choice, part: index }),
          text: words[half] ?? "",
          summary: summaries[half] ?? "",
          ...(summaryIndex === undefined ? {} : { summaryIndex }),
        },
      }),
    );
  }
  if (step.case === "logprobsDelta") {
    const tokens = step.value.logprobs?.content ?? [];
    const at = cut % (tokens.length + 1);
    const first = { content: tokens.slice(0, at), refusal: step.value.logprobs?.refusal ?? [] };
    return [first, { content: tokens.slice(at) }].map((logprobs) =>
      event({ case: "logprobsDelta", value: { choice: step.value.choice, logprobs } }),
    );
  }
  return [whole];
}

function halves(words: string, cut: number): string[] {
  const at = cut % (words.length + 1);
  return [words.slice(0, at), words.slice(at)];
}

/**
 * The events of each choice in their order, those of different choices in the order that `picks`
 * says.
 */
function interleave(events: readonly Event[], picks: readonly number[]): Event[] {
  const lanes = new Map<number, Event[]>();
  for (const it of events) {
    const value: object | undefined = it.event.value;
    const lane =
      value !== undefined && "choice" in value && typeof value.choice === "number"
        ? value.choice
        : -1;
    lanes.set(lane, [...(lanes.get(lane) ?? []), it]);
  }
  const result: Event[] = [];
  for (let turn = 0; lanes.size > 0; turn += 1) {
    const keys = [...lanes.keys()];
    const key = keys[(picks[turn % picks.length] ?? 0) % keys.length] ?? 0;
    const lane = lanes.get(key) ?? [];
    result.push(...lane.splice(0, 1));
    if (lane.length === 0) lanes.delete(key);
  }
  return result;
}

const index = fc.oneof(
  { weight: 9, arbitrary: fc.nat(3) },
  fc.constantFrom(1_000_000, 4_294_967_295),
);
const place = { choice: index, part: index };

/** Events in no sensible order. */
const anyEvent: fc.Arbitrary<Event> = fc
  .oneof(
    fc.record({ ...place, text }).map((value) => ({ case: "textDelta", value }) as const),
    fc
      .record({ ...place, text, signature: text, summary: text, summaryIndex: index })
      .map((value) => ({ case: "reasoningDelta", value }) as const),
    fc.record({ ...place, text }).map((value) => ({ case: "refusalDelta", value }) as const),
    fc
      .record({ ...place, id: text, name: text, custom: fc.boolean() })
      .map((value) => ({ case: "toolCallStart", value }) as const),
    fc
      .record({ ...place, input: text, signature: text })
      .map((value) => ({ case: "toolCallDelta", value }) as const),
    fc
      .record({ ...place, data: fc.uint8Array({ maxLength: 4 }) })
      .map((value) => ({ case: "audioDelta", value }) as const),
    fc.record({ ...place, content: part }).map((value) => ({ case: "partWhole", value }) as const),
    fc
      .record({ ...place, citation: fc.constant({ title: "t" }) })
      .map((value) => ({ case: "citationAdd", value }) as const),
    fc.record(place).map((value) => ({ case: "partEnd", value }) as const),
    fc.record(place).map((value) => ({ case: "partWhole", value }) as const),
    fc
      .record({ choice: index, reason: fc.nat(10) })
      .map((value) => ({ case: "finish", value }) as const),
    fc.record({ choice: index }).map((value) => ({ case: "logprobsDelta", value }) as const),
    fc
      .record({
        choice: index,
        logprobs: fc.record({ content: fc.array(fc.record({ token: text })) }),
      })
      .map((value) => ({ case: "logprobsDelta", value }) as const),
    usage.map((value) => ({ case: "usage", value }) as const),
    fc.record({ id: text, model: text }).map((value) => ({ case: "messageStart", value }) as const),
    extrasJson.map(
      (extras) =>
        ({ case: "extrasSet", value: { dialect: "d", json: JSON.stringify(extras) } }) as const,
    ),
    fc.constant({ case: undefined }),
  )
  .map((init) => event(init));

describe("explode and collect", () => {
  it("give back any well-formed completion", () => {
    fc.assert(
      fc.property(completion, (whole) => {
        const copy = structuredClone(whole);
        expect(collect(explode(whole))).toStrictEqual(whole);
        expect(whole).toStrictEqual(copy);
      }),
      { numRuns: 300 },
    );
  });

  it("do so however deltas are cut and choices are interleaved", () => {
    const picks = fc.array(fc.nat(7), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(completion, fc.nat(30), fc.nat(30), picks, (whole, cut, again, order) => {
        const pieces = explode(whole)
          .flatMap((it) => recut(it, cut))
          .flatMap((it) => recut(it, again));
        const shuffled = interleave(pieces, order);
        const before = shuffled.map((it) => structuredClone(it));
        expect(collect(shuffled)).toStrictEqual(whole);
        expect(shuffled).toStrictEqual(before);
      }),
      { numRuns: 300 },
    );
  });

  it("make messages just as the library makes them", () => {
    fc.assert(
      fc.property(completion, (whole) => {
        for (const it of explode(whole)) expect(clone(EventSchema, it)).toStrictEqual(it);
      }),
    );
  });
});

describe("collect", () => {
  it("folds events in any order without throwing, drops no text, and its result explodes and folds to itself", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
        const result = collect(events);
        expect(equals(CompletionSchema, collect(explode(result)), result)).toBe(true);
        const words = events.map(({ event: step }) =>
          step.case === "refusalDelta" ? step.value.text.length : 0,
        );
        const kept = result.choices.flatMap((it) => it.message?.parts ?? []);
        const whole = events.some(({ event: step }) => step.case === "partWhole");
        const length = kept.reduce(
          (sum, it) => sum + (it.content.case === "refusal" ? it.content.value.text.length : 0),
          0,
        );
        if (!whole) expect(length).toBe(words.reduce((sum, it) => sum + it, 0));
      }),
      { numRuns: 500 },
    );
  });

  it("gives out snapshots that later events do not change", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
        const collector = createCollector();
        const seen: [Completion, Completion][] = [];
        for (const it of events) {
          collector.add(it);
          const snapshot = collector.completion();
          seen.push([snapshot, structuredClone(snapshot)]);
        }
        for (const [snapshot, copy] of seen) expect(snapshot).toStrictEqual(copy);
        expect(collector.completion()).toStrictEqual(collect(events));
      }),
    );
  });

  it("gives out likelihoods that later ones do not change", () => {
    const collector = createCollector();
    const seen = ["a", "b", "c"].map((token) => {
      collector.add(
        event({ case: "logprobsDelta", value: { choice: 0, logprobs: { content: [{ token }] } } }),
      );
      return collector.completion();
    });
    const tokens = seen.map((it) =>
      it.choices[0]?.logprobs?.content.map(({ token }) => token).join(""),
    );
    expect(tokens).toEqual(["a", "ab", "abc"]);
  });

  const at = (partIndex: number) => ({ choice: 0, part: partIndex });
  const cases: [title: string, events: EventInit[], parts: unknown[]][] = [
    [
      "begins a part of its own for a delta of another kind",
      [
        { case: "textDelta", value: { ...at(0), text: "a" } },
        { case: "refusalDelta", value: { ...at(0), text: "no" } },
        { case: "textDelta", value: { ...at(1), text: "c" } },
        { case: "textDelta", value: { ...at(0), text: "b" } },
      ],
      [{ text: "ab" }, { text: "no" }, { text: "c" }],
    ],
    [
      "orders parts by index and closes gaps",
      [
        { case: "textDelta", value: { ...at(4_294_967_295), text: "last" } },
        { case: "textDelta", value: { ...at(7), text: "middle" } },
        { case: "textDelta", value: { ...at(2), text: "first" } },
      ],
      [{ text: "first" }, { text: "middle" }, { text: "last" }],
    ],
    [
      "begins a tool call by its input and names it later",
      [
        { case: "toolCallDelta", value: { ...at(0), input: "{" } },
        { case: "toolCallStart", value: { ...at(0), id: "call-1", name: "look" } },
        { case: "toolCallDelta", value: { ...at(0), input: "}" } },
      ],
      [{ id: "call-1", name: "look", input: { case: "argumentsJson", value: "{}" } }],
    ],
    [
      "adds deltas to a part that came whole",
      [
        {
          case: "partWhole",
          value: {
            ...at(0),
            content: { content: { case: "text", value: { text: "a" } }, cache: { ttl: 2 } },
          },
        },
        { case: "textDelta", value: { ...at(0), text: "b" } },
      ],
      [{ text: "ab" }],
    ],
    [
      "takes text that is not whole characters",
      [
        {
          case: "partWhole",
          value: { ...at(0), content: { content: { case: "text", value: { text: "\ud83d" } } } },
        },
        { case: "textDelta", value: { ...at(0), text: "\ude00" } },
      ],
      [{ text: "😀" }],
    ],
    [
      "lets a whole part replace the deltas of its kind",
      [
        { case: "textDelta", value: { ...at(0), text: "draft" } },
        {
          case: "partWhole",
          value: { ...at(0), content: { content: { case: "text", value: { text: "final" } } } },
        },
      ],
      [{ text: "final" }],
    ],
    [
      "keeps a wild summary index within the contract's bound",
      [{ case: "reasoningDelta", value: { ...at(0), summary: "s", summaryIndex: 4_294_967_295 } }],
      [{ summaries: [...Array<string>(999).fill(""), "s"] }],
    ],
    [
      "takes a part without content for nothing",
      [
        { case: "partWhole", value: at(0) },
        { case: "partEnd", value: at(3) },
      ],
      [],
    ],
  ];
  for (const [title, events, parts] of cases) {
    it(title, () => {
      const message = fold(...events).choices[0]?.message;
      expect(message?.parts.map((it) => it.content.value)).toMatchObject(parts);
      expect(message?.parts.length).toBe(parts.length);
    });
  }

  it("orders choices by index and keeps what was told last", () => {
    const result = fold(
      { case: "messageStart", value: { id: "a", model: "m", serviceTier: "flex" } },
      { case: "messageStart", value: { id: "b" } },
      { case: "finish", value: { choice: 2, reason: 3 } },
      { case: "finish", value: { choice: 1, reason: 3 } },
      { case: "finish", value: { choice: 1, reason: 1, vendorReason: "stop" } },
      { case: "extrasSet", value: { dialect: "d", json: "1" } },
      { case: "extrasSet", value: { dialect: "d", json: "2" } },
    );
    expect(result).toMatchObject({
      id: "b",
      model: "m",
      serviceTier: "flex",
      extrasJson: { d: "2" },
    });
    expect(result.choices).toMatchObject([
      { index: 1, finishReason: 1, vendorFinishReason: "stop" },
      { index: 2, finishReason: 3 },
    ]);
  });
});

describe("mergeUsage", () => {
  it("takes each member from the later one where it tells it, else from the earlier one", () => {
    fc.assert(
      fc.property(usage, usage, (earlier, later) => {
        const copies = structuredClone([earlier, later]);
        const merged = mergeUsage(earlier, later);
        for (const { localName } of UsageSchema.fields) {
          const [old, recent, got] = [earlier, later, merged].map((it) =>
            Reflect.get(it, localName),
          );
          if (typeof recent === "object") expect(got).toEqual({ ...old, ...recent });
          else expect(got).toEqual(recent === undefined || recent === "" ? old : recent);
        }
        expect([earlier, later]).toStrictEqual(copies);
      }),
    );
  });
});
