import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import { EmbedSpecSchema } from "../../gen/parlance/embed/v1/embedding_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Call, CallRequest, Outcome } from "../../src/core/call.ts";
import { createTrace } from "../../src/core/trace.ts";
import { collect } from "../../src/events/collect.ts";
import { createSim } from "../../src/sim/sim.ts";
import { createSimHandler } from "../../src/sim/sim-handler.ts";
import { ask } from "./sim-chat.ts";

const handler = createSimHandler(createSim());

function call(
  model: string,
  request: CallRequest,
  signal?: AbortSignal,
): { call: Call; outcomes: Outcome[] } {
  const outcomes: Outcome[] = [];
  const settle = (outcome: Outcome): void => {
    outcomes.push(outcome);
  };
  const target = { provider: "demo", model };
  const base = {
    id: "call-1",
    model: "fast",
    request,
    header: () => undefined,
    target,
    trace: createTrace(() => 0),
    settle,
  };
  return { call: signal === undefined ? base : { ...base, signal }, outcomes };
}

const chat = (stream: boolean): CallRequest => ({
  operation: "chat",
  stream,
  chat: () => ask("one two"),
});

async function batchesOf(made: Call): Promise<AsyncIterable<readonly Event[]>> {
  const { output } = await handler(made);
  if (output.kind !== "events") throw new Error(`a chat was answered with ${output.kind}`);
  return output.batches;
}

describe("a call of the simulator", () => {
  for (const stream of [false, true]) {
    it(`is answered with events and settled once with its usage (${stream ? "streamed" : "whole"})`, async () => {
      const made = call("echo", chat(stream));
      const events: Event[] = [];
      let batches = 0;
      for await (const batch of await batchesOf(made.call)) {
        batches += 1;
        events.push(...batch);
      }
      expect(collect(events).choices[0]?.message?.parts[0]?.content.value).toMatchObject({
        text: "one two",
      });
      expect(batches > 1).toBe(stream);
      expect(made.outcomes).toMatchObject([
        { callerGone: false, usage: { inputTokens: 2n, outputTokens: 2n } },
      ]);
    });

    it(`rejects with the provider's name where it fails before the first event (${stream ? "streamed" : "whole"})`, async () => {
      const made = call("error-429", chat(stream));
      await expect(handler(made.call)).rejects.toMatchObject({
        fault: { provider: "demo", upstreamStatus: 429 },
      });
      expect(made.outcomes).toEqual([]);
    });
  }

  it("rejects where it breaks off before its first content", async () => {
    const made = call("echo?cut_after=0", chat(true));
    const fault = { provider: "demo", reason: ErrorReason.UPSTREAM_CUT };
    await expect(handler(made.call)).rejects.toMatchObject({ fault });
    expect(made.outcomes).toEqual([]);
  });

  it("fails in the middle and is settled with the fault", async () => {
    const made = call("cut", chat(true));
    const read = async (): Promise<void> => {
      for await (const _ of await batchesOf(made.call));
    };
    await expect(read()).rejects.toMatchObject({
      fault: { reason: ErrorReason.UPSTREAM_CUT, provider: "demo" },
    });
    expect(made.outcomes).toMatchObject([
      { callerGone: false, fault: { reason: ErrorReason.UPSTREAM_CUT } },
    ]);
  });

  it("ends a wait when the reader leaves", async () => {
    const made = call("echo?rate=0.001", chat(true));
    const iterator = (await batchesOf(made.call))[Symbol.asyncIterator]();
    const opening: readonly Event[] = (await iterator.next()).value ?? [];
    expect(opening.map(({ event }) => event.case)).toEqual(["messageStart", "textDelta"]);
    const waiting = iterator.next();
    await iterator.return?.();
    await expect(waiting).rejects.toMatchObject({ fault: { reason: ErrorReason.CANCELLED } });
    expect(made.outcomes).toMatchObject([{ callerGone: true }]);
    expect(await iterator.next()).toMatchObject({ done: true });
  });

  it("ends when the caller's signal says so", async () => {
    const controller = new AbortController();
    const made = call("hang", chat(false), controller.signal);
    const reply = handler(made.call);
    controller.abort();
    await expect(reply).rejects.toMatchObject({ fault: { reason: ErrorReason.CANCELLED } });
  });

  it("gives embeddings and counts tokens", async () => {
    const spec = create(EmbedSpecSchema, {
      model: "fast",
      inputs: [{ input: { case: "text", value: "one" } }],
    });
    const embedding = call("embed", { operation: "embed", spec: () => spec });
    expect((await handler(embedding.call)).output).toMatchObject({
      kind: "embeddings",
      result: { model: "embed" },
    });
    expect(embedding.outcomes).toMatchObject([{ usage: { inputTokens: 1n } }]);
    const counting = call("echo", { operation: "count_tokens", chat: () => ask("one two") });
    expect((await handler(counting.call)).output).toMatchObject({
      kind: "token_count",
      inputTokens: 2,
    });
    expect(counting.outcomes).toHaveLength(1);
  });
});
