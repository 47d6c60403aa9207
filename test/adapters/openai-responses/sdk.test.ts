import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Event, EventSchema } from "../../../gen/parlance/chat/v1/event_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { openAiResponsesFacade as openAiResponsesFacadeOriginal } from "../../../src/adapters/openai-responses/index.ts";
import { collect } from "../../../src/events/collect.ts";
import { explode } from "../../../src/events/explode.ts";
import { completion } from "../../arbitraries/completion.ts";
import { clientSide } from "../sides.ts";
import { ownCompletion } from "./own-nouns.ts";
import { context, encodeEvents } from "./wire-frames.ts";

const openAiResponsesFacade = clientSide(openAiResponsesFacadeOriginal);

type EventInit = NonNullable<MessageInitShape<typeof EventSchema>["event"]>;

describe("the vendor's own client", () => {
  let stream = "";
  let whole = "";
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      response.writeHead(200, {
        "content-type": whole === "" ? "text/event-stream" : "application/json",
      });
      response.end(whole === "" ? stream : whole);
    });
  });
  let client: OpenAI;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    client = new OpenAI({ apiKey: "k", baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 });
  });

  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
  });

  async function follow(events: readonly Event[]) {
    stream = encodeEvents(events);
    whole = "";
    const running = client.responses.stream({ model: "m", input: "hi" });
    return running.finalResponse();
  }

  it("reads any answer as a stream and as a whole, and finds the same in both", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(ownCompletion, completion), async (answer) => {
        const events = explode(answer);
        const streamed = await follow(events);
        whole = openAiResponsesFacade.encodeResponse(collect(events), context);
        const unary = await client.responses.create({ model: "m", input: "hi" });
        expect(streamed.status).toBe(unary.status);
        expect(streamed.output).toMatchObject(unary.output);
        expect(streamed.output.length).toBe(unary.output.length);
        expect(streamed.output_text).toBe(unary.output_text);
      }),
      { numRuns: 60 },
    );
  });

  it("reads events in whatever order parts grow", async () => {
    const part = fc.nat(3);
    const text = fc.constantFrom("", "a", "b ");
    const step = fc.oneof<fc.Arbitrary<EventInit>[]>(
      fc.record({ part, text }).map((value) => ({ case: "textDelta", value })),
      fc.record({ part, text }).map((value) => ({ case: "refusalDelta", value })),
      fc
        .record({
          part,
          text,
          encrypted: text,
          summary: text,
          summaryIndex: fc.nat(2),
          id: fc.constantFrom("", "rs_1"),
        })
        .map((value) => ({
          case: "reasoningDelta",
          value: { ...value, dialect: "openai-responses" },
        })),
      part.map((at) => ({
        case: "toolCallStart",
        value: { part: at, id: `c${at}`, name: "f", signature: at > 2 ? "S" : "" },
      })),
      fc
        .record({ part, input: fc.constantFrom("", "{", "}", '{"a":1}') })
        .map((value) => ({ case: "toolCallDelta", value })),
      fc.record({ part }).map((value) => ({ case: "partEnd", value })),
      fc
        .record({
          part,
          citation: fc.constant({ source: { case: "web", value: { url: "u" } } } as const),
        })
        .map((value) => ({ case: "citationAdd", value })),
      fc.constant<EventInit>({
        case: "logprobsDelta",
        value: { logprobs: { content: [{ token: "a", logprob: -1 }] } },
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
        const events = steps.map((event) => create(EventSchema, { event }));
        const answer = await follow(events);
        const words = steps.flatMap((each) =>
          each.case === "textDelta" ? [each.value.text ?? ""] : [],
        );
        expect([...answer.output_text].sort()).toEqual([...words.join("")].sort());
      }),
      { numRuns: 150 },
    );
  });

  it("throws when the stream fails", async () => {
    const state = openAiResponsesFacade.begin(context);
    whole = "";
    stream = openAiResponsesFacade
      .encodeStreamError(state, { reason: ErrorReason.UPSTREAM_CUT, message: "it broke" })
      .join("");
    const running = await client.responses.create({ model: "m", input: "hi", stream: true });
    await expect(async () => {
      for await (const _ of running);
    }).rejects.toThrow("it broke");
  });
});
