import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { CitationSchema, type RangeSchema } from "../../gen/parlance/chat/v1/citation_pb.js";
import {
  type ChoiceSchema,
  type Completion,
  CompletionSchema,
  type LogprobsSchema,
  type TokenLogprobSchema,
} from "../../gen/parlance/chat/v1/completion_pb.js";
import { Role } from "../../gen/parlance/chat/v1/message_pb.js";
import { type Part, PartSchema } from "../../gen/parlance/chat/v1/part_pb.js";
import { UsageSchema } from "../../gen/parlance/chat/v1/usage_pb.js";

type PartInit = MessageInitShape<typeof PartSchema>;
type Content = PartInit["content"];

/** Text with characters outside ASCII and of more than one UTF-16 unit; may be empty. */
export const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: "grapheme", maxLength: 6 }),
  fc.constantFrom("", "😀é", "\n", '{"a":1}'),
);

const name = fc.stringMatching(/^[a-z][a-z-]{0,8}$/);
const bytes = fc.uint8Array({ maxLength: 12 });
const time = fc.bigInt({ min: 0n, max: 253402300799n });

/** Dialect names to JSON objects. */
export const extrasJson = fc.dictionary(
  name,
  fc.constantFrom("{}", '{"b":1,"a":[2]}', '{"n":12345678901234567890}'),
  {
    maxKeys: 3,
    noNullPrototype: true,
  },
);

/** An optional member: present, or not there at all. */
function maybe<K extends string, T>(
  key: K,
  value: fc.Arbitrary<T>,
): fc.Arbitrary<{ [P in K]?: T }> {
  return fc.record({ [key]: value }, { requiredKeys: [], noNullPrototype: true }) as fc.Arbitrary<{
    [P in K]?: T;
  }>;
}

const range: fc.Arbitrary<MessageInitShape<typeof RangeSchema>> = fc.record({
  start: fc.nat(99),
  end: fc.nat(99),
});

const citation = fc
  .tuple(
    fc.record({ citedText: text, title: text }),
    fc.constantFrom(
      undefined,
      { case: "web", value: { url: "https://a.example", encryptedIndex: "x" } } as const,
      { case: "document", value: { index: 2, fileId: "file-1" } } as const,
      { case: "searchResult", value: { index: 1, source: "s" } } as const,
      { case: "opaque", value: { dialect: "d", json: "{}" } } as const,
    ),
    fc.option(
      fc.tuple(fc.constantFrom("characters" as const, "pages" as const, "blocks" as const), range),
      {
        nil: undefined,
      },
    ),
    maybe("answer", range),
  )
  .map(([words, source, location, answer]) =>
    create(CitationSchema, {
      ...words,
      ...answer,
      ...(source === undefined ? {} : { source }),
      ...(location === undefined ? {} : { location: { case: location[0], value: location[1] } }),
    }),
  );

const media = fc.oneof(
  bytes
    .filter((data) => data.length > 0)
    .map((value) => ({ source: { case: "data", value } as const, mediaType: "image/png" })),
  fc.constant({ source: { case: "url", value: "https://a.example/x" } as const }),
  fc.constant({ source: { case: "fileId", value: "file-1" } as const }),
);

const audio = fc
  .tuple(
    fc.oneof(
      bytes.map((value) => ({ case: "data", value }) as const),
      fc.constantFrom(
        { case: "id", value: "audio-1" } as const,
        { case: "url", value: "https://a.example/s" } as const,
      ),
    ),
    fc.constantFrom("", "wav"),
    fc.record({ transcript: text, answerId: text }),
    maybe("expiresAtUnixS", time),
  )
  .map(([source, format, words, expiry]) => ({ source, format, ...words, ...expiry }));

const toolCall = fc
  .tuple(
    fc.record({ id: text, name: text, signature: text }),
    fc.option(fc.tuple(fc.constantFrom("argumentsJson" as const, "text" as const), text), {
      nil: undefined,
    }),
  )
  .map(([words, input]) => ({
    ...words,
    ...(input === undefined ? {} : { input: { case: input[0], value: input[1] } }),
  }));

const reasoning = fc.record({
  text,
  signature: text,
  encrypted: text,
  summaries: fc.array(text, { maxLength: 3 }),
  id: text,
  dialect: fc.constantFrom("", "anthropic-messages"),
});

const toolResult = fc.record({
  toolCallId: text,
  content: fc.array(
    text.map((value) => ({ content: { case: "text", value: { text: value } } as const })),
    { maxLength: 2 },
  ),
  isError: fc.boolean(),
  name: text,
});

const opaque = fc.constantFrom(
  { dialect: "openai-chat", json: '{"type":"new"}' },
  { dialect: "d", json: "[1]" },
);

function content<C extends string, V>(
  kind: C,
  value: fc.Arbitrary<V>,
): fc.Arbitrary<{ case: C; value: V }> {
  return value.map((it) => ({ case: kind, value: it }));
}

/** The content of a part, by kind: a kind that is missing here does not compile. */
const contents: {
  readonly [K in NonNullable<Part["content"]["case"]>]: fc.Arbitrary<NonNullable<Content>>;
} = {
  text: content("text", fc.record({ text, citations: fc.array(citation, { maxLength: 2 }) })),
  image: content("image", media),
  audio: content("audio", audio),
  video: content("video", media),
  document: content(
    "document",
    text.map((value) => ({ source: { case: "text", value } as const, title: value })),
  ),
  toolCall: content("toolCall", toolCall),
  toolResult: content("toolResult", toolResult),
  reasoning: content("reasoning", reasoning),
  refusal: content("refusal", fc.record({ text })),
  opaque: content("opaque", opaque),
};

/** A part of any kind, some with a cache mark. */
export const part: fc.Arbitrary<Part> = fc
  .tuple(
    fc.oneof(...Object.values(contents)),
    fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, fc.nat(2)),
  )
  .map(([it, ttl]) =>
    create(PartSchema, { content: it, ...(ttl === undefined ? {} : { cache: { ttl } }) }),
  );

const token: fc.Arbitrary<MessageInitShape<typeof TokenLogprobSchema>> = fc
  .tuple(
    fc.record({ token: text, logprob: fc.double({ max: 0, min: -9999, noNaN: true }) }),
    maybe("rawBytes", bytes),
    fc.array(fc.record({ token: text }), { maxLength: 2 }),
  )
  .map(([words, rawBytes, top]) => ({ ...words, ...rawBytes, top }));

const logprobs: fc.Arbitrary<MessageInitShape<typeof LogprobsSchema>> = fc.record({
  content: fc.array(token, { maxLength: 4 }),
  refusal: fc.array(token, { maxLength: 2 }),
});

const counts = UsageSchema.fields.filter(
  (field) => field.fieldKind === "scalar" && field.localName !== "serviceTier",
);
const count = fc.bigInt({ min: 0n, max: 1_000_000_000_000n });

/** Usage with any of its members unset. */
export const usage = fc
  .tuple(
    fc.record(Object.fromEntries(counts.map((field) => [field.localName, count])), {
      requiredKeys: [],
      noNullPrototype: true,
    }),
    fc.record({
      toolUses: fc.dictionary(name, count, { maxKeys: 2, noNullPrototype: true }),
      serviceTier: text,
      extrasJson,
    }),
  )
  .map(([members, rest]) => create(UsageSchema, { ...members, ...rest }));

function choice(index: number): fc.Arbitrary<MessageInitShape<typeof ChoiceSchema>> {
  return fc
    .tuple(
      fc.array(part, { maxLength: 5 }),
      fc.record({ finishReason: fc.nat(10), vendorFinishReason: text, stopSequence: text }),
      maybe("logprobs", logprobs),
    )
    .map(([parts, end, likelihoods]) => ({
      index,
      message: { role: Role.ASSISTANT, parts },
      ...end,
      ...likelihoods,
    }));
}

/**
 * Any well-formed answer: every kind of part, several choices with gaps between them, all that
 * hangs on an answer.
 */
export const completion: fc.Arbitrary<Completion> = fc
  .tuple(
    fc.record({
      id: text,
      model: text,
      createdUnixS: time,
      systemFingerprint: text,
      serviceTier: text,
      extrasJson,
    }),
    fc
      .uniqueArray(fc.nat(127), { maxLength: 3 })
      .chain((indices) => fc.tuple(...indices.sort((one, other) => one - other).map(choice))),
    maybe("usage", usage),
  )
  .map(([words, choices, spent]) => create(CompletionSchema, { ...words, choices, ...spent }));
