import { create, type Message } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { CompletionSchema } from "../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import { EmbedSpecSchema } from "../../gen/parlance/embed/v1/embedding_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Call, CallRequest, Piece, Reply } from "../../src/core/call.ts";
import type { End } from "../../src/core/life.ts";
import { chat, countTokens, embed, expectMessage } from "../../src/core/operation.ts";
import { collect } from "../../src/events/collect.ts";
import { explode } from "../../src/events/explode.ts";
import { createSim } from "../../src/sim/sim.ts";
import { createSimHandler } from "../../src/sim/sim-handler.ts";
import { attemptedCall, callOf, requestOf } from "../calls.ts";
import { ask } from "./sim-chat.ts";

const handler = createSimHandler(createSim());

function call(model: string, request: CallRequest): { call: Call; ends: End[] } {
  const ends: End[] = [];
  const made = callOf({ model: "fast", request, ends });
  return { call: attemptedCall(made, { provider: "demo", model }), ends };
}

const chatRequest = (stream: boolean): CallRequest => requestOf(chat, ask("one two"), stream);

/** What a chat says, in the pieces that it came in. */
async function piecesOf(made: Call): Promise<AsyncIterable<Piece>> {
  const { body } = await handler(made);
  if (body.kind === "stream") return body.pieces;
  return once({ events: explode(expectMessage(body.result(), CompletionSchema)) });
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}

describe("a call of the simulator", () => {
  for (const stream of [false, true]) {
    it(`is answered with events and settled once with its usage (${stream ? "streamed" : "whole"})`, async () => {
      const made = call("echo", chatRequest(stream));
      const events: Event[] = [];
      let pieces = 0;
      for await (const piece of await piecesOf(made.call)) {
        pieces += 1;
        events.push(...piece.events);
      }
      expect(collect(events).choices[0]?.message?.parts[0]?.content.value).toMatchObject({
        text: "one two",
      });
      expect(pieces > 1).toBe(stream);
      expect(made.ends).toMatchObject([
        { kind: "whole", usage: { inputTokens: 2n, outputTokens: 2n } },
      ]);
    });

    it(`rejects with the provider's name where it fails before the first event (${stream ? "streamed" : "whole"})`, async () => {
      const made = call("error-429", chatRequest(stream));
      await expect(handler(made.call)).rejects.toMatchObject({
        fault: { provider: "demo", upstreamStatus: 429 },
      });
      expect(made.ends).toMatchObject(stream ? [{ kind: "broken" }] : []);
    });
  }

  it("rejects where it breaks off before its first content", async () => {
    const made = call("echo?cut_after=0", chatRequest(true));
    const fault = { provider: "demo", reason: ErrorReason.UPSTREAM_CUT };
    await expect(handler(made.call)).rejects.toMatchObject({ fault });
    expect(made.ends).toMatchObject([{ kind: "broken", fault }]);
  });

  it("fails in the middle and is settled with the fault", async () => {
    const made = call("cut", chatRequest(true));
    const read = async (): Promise<void> => {
      for await (const _ of await piecesOf(made.call));
    };
    await expect(read()).rejects.toMatchObject({
      fault: { reason: ErrorReason.UPSTREAM_CUT, provider: "demo" },
    });
    expect(made.ends).toMatchObject([
      { kind: "broken", fault: { reason: ErrorReason.UPSTREAM_CUT } },
    ]);
  });

  it("ends a wait when the reader leaves", async () => {
    const made = call("echo?rate=0.001", chatRequest(true));
    const iterator = (await piecesOf(made.call))[Symbol.asyncIterator]();
    const opening: readonly Event[] = (await iterator.next()).value?.events ?? [];
    expect(opening.map(({ event }) => event.case)).toEqual(["messageStart", "textDelta"]);
    const waiting = iterator.next();
    await iterator.return?.();
    await expect(waiting).rejects.toMatchObject({ fault: { reason: ErrorReason.CANCELLED } });
    expect(made.ends).toMatchObject([{ kind: "left" }]);
    expect(await iterator.next()).toMatchObject({ done: true });
  });

  it("ends when the caller leaves", async () => {
    const made = call("hang", chatRequest(false));
    const reply = handler(made.call);
    made.call.life.abort();
    await expect(reply).rejects.toMatchObject({ fault: { reason: ErrorReason.CANCELLED } });
  });

  it("gives embeddings and counts tokens", async () => {
    const spec = create(EmbedSpecSchema, {
      model: "fast",
      inputs: [{ input: { case: "text", value: "one" } }],
    });
    const embedding = call("embed", requestOf(embed, spec));
    expect(resultOf(await handler(embedding.call))).toMatchObject({ model: "embed" });
    expect(embedding.ends).toMatchObject([{ usage: { inputTokens: 1n } }]);
    const counting = call("echo", requestOf(countTokens, ask("one two")));
    expect(resultOf(await handler(counting.call))).toMatchObject({ inputTokens: 2n });
    expect(counting.ends).toHaveLength(1);
  });
});

function resultOf({ body }: Reply): Message {
  if (body.kind !== "whole") throw new Error("a stream");
  return body.result();
}
