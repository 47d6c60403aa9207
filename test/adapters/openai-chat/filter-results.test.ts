import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Completion } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import {
  addFilterResults,
  filterResultsOf,
} from "../../../src/adapters/openai-chat/filter-results.ts";
import {
  openAiChat as openAiChatDialect,
  openAiChatFacade as openAiChatFacadeOriginal,
} from "../../../src/adapters/openai-chat/index.ts";
import { collect } from "../../../src/events/collect.ts";
import { clientSide, vendorSide } from "../sides.ts";

const openAiChat = vendorSide(openAiChatDialect);
const openAiChatFacade = clientSide(openAiChatFacadeOriginal);

const safe = { filtered: false, severity: "safe" };
const high = { filtered: true, severity: "high" };
const promptResults = [{ prompt_index: 0, content_filter_results: { hate: safe } }];
const context = { model: "m", nowUnixS: 1, callId: "id", wantsUsage: true };

function read(frames: readonly object[]): {
  readonly completion: Completion;
  readonly events: readonly Event[];
} {
  let state = openAiChat.begin();
  const events: Event[] = [];
  for (const frame of frames) {
    const step = openAiChat.decodeEvent(state, {
      event: "",
      data: Buffer.from(JSON.stringify(frame)),
    });
    if (!step.ok) throw new Error(step.fault.message);
    state = step.state;
    events.push(...step.events);
  }
  const last = openAiChat.end(state);
  if (!last.ok) throw new Error(last.fault.message);
  events.push(...last.value);
  return { completion: collect(events), events };
}

function extrasOf(completion: Completion): unknown {
  return JSON.parse(completion.extrasJson["openai-chat"] ?? "null");
}

const head = { id: "c1", model: "gpt", created: 7, object: "chat.completion.chunk" };
const blank = { id: "", model: "", created: 0, object: "" };
const chunk = (members: object, finish: string | null = null) => ({
  ...head,
  choices: [{ index: 0, finish_reason: finish, ...members }],
});

/**
 * A stream whose filters run beside the model: their words come later, in chunks without delta and
 * id.
 */
const asynchronous = [
  { ...blank, choices: [], prompt_filter_results: promptResults },
  chunk({ delta: { role: "assistant", content: "" }, content_filter_results: {} }),
  chunk({ delta: { content: "Hel" }, content_filter_results: {} }),
  {
    ...blank,
    choices: [
      {
        index: 0,
        finish_reason: null,
        content_filter_results: { hate: safe, violence: high },
        content_filter_offsets: { check_offset: 0, start_offset: 0, end_offset: 3 },
      },
    ],
  },
  chunk({ delta: { content: "lo" } }),
  chunk({ delta: {} }, "stop"),
  {
    ...blank,
    choices: [
      {
        index: 0,
        finish_reason: null,
        content_filter_results: { hate: safe, violence: safe },
        content_filter_offsets: { check_offset: 3, start_offset: 3, end_offset: 5 },
      },
    ],
  },
];
const found = {
  content_filter_results: { hate: safe, violence: high },
  content_filter_offsets: { check_offset: 3, start_offset: 3, end_offset: 5 },
};

describe("results of content filters", () => {
  it("of a stream whose filters run beside it are told with the answer, which they do not disturb", () => {
    const { completion } = read(asynchronous);
    expect(completion).toMatchObject({ id: "c1", model: "gpt", createdUnixS: 7n });
    expect(completion.choices[0]?.message?.parts.map(({ content }) => content)).toMatchObject([
      { case: "text", value: { text: "Hello" } },
    ]);
    expect(extrasOf(completion)).toEqual({
      prompt_filter_results: promptResults,
      choices: [{ index: 0, ...found }],
    });
  });

  it("of a whole answer reach a client in their places", () => {
    const json = {
      ...head,
      object: "chat.completion",
      choices: [0, 1].map((index) => ({
        index,
        message: { role: "assistant", content: "x" },
        finish_reason: "stop",
        ...(index === 1 ? { content_filter_results: { hate: high } } : {}),
      })),
      prompt_filter_results: promptResults,
    };
    const body = Buffer.from(JSON.stringify(json));
    const decoded = openAiChat.decodeResponse(json, body);
    if (!decoded.ok) throw new Error(decoded.fault.message);
    const told = JSON.parse(openAiChatFacade.encodeResponse(decoded.value, context));
    expect(told.prompt_filter_results).toEqual(promptResults);
    expect(told.choices[0]).not.toHaveProperty("content_filter_results");
    expect(told.choices[1].content_filter_results).toEqual({ hate: high });
  });

  it("of a stream reach a client at its end, in a chunk of their choice", () => {
    let state = openAiChatFacade.begin(context);
    const frames: string[] = [];
    for (const event of read(asynchronous).events) {
      const [next, texts] = openAiChatFacade.encodeEvent(state, event);
      state = next;
      frames.push(...texts);
    }
    const [results, end] = openAiChatFacade.encodeEnd(state);
    expect(end).toBe("data: [DONE]\n\n");
    expect(JSON.parse((results ?? "").slice("data: ".length))).toMatchObject({
      id: "c1",
      choices: [{ index: 0, delta: {}, finish_reason: null, ...found }],
    });
  });

  it("stay found once they are, in any order", () => {
    const category = fc.constantFrom("hate", "violence", "jailbreak");
    const result = fc.record({ filtered: fc.boolean(), detected: fc.boolean() });
    const chunks = fc.array(fc.record({ content_filter_results: fc.dictionary(category, result) }));
    fc.assert(
      fc.property(chunks, (choices) => {
        const all = choices.reduce<ReturnType<typeof addFilterResults>>(
          addFilterResults,
          undefined,
        );
        for (const { content_filter_results: told } of choices) {
          for (const [name, { filtered, detected }] of Object.entries(told)) {
            const kept = all?.content_filter_results?.[name];
            expect(kept).toBeDefined();
            if (filtered || detected)
              expect(kept).not.toEqual({ filtered: false, detected: false });
          }
        }
      }),
    );
  });

  it("that are garbage are none", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.parse(JSON.stringify(value));
        expect(filterResultsOf(json, 0) ?? {}).toBeTypeOf("object");
        expect(addFilterResults(undefined, { content_filter_results: json }) ?? {}).toBeTypeOf(
          "object",
        );
      }),
    );
  });
});
