import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  EmbedEncoding,
  type EmbedInputSchema,
  EmbedSpecSchema,
} from "../../gen/parlance/embed/v1/embedding_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../../src/core/faults/gateway-error.ts";
import { Life } from "../../src/core/life.ts";
import { createSim } from "../../src/sim/sim.ts";
import { createHastyClock } from "./hasty-clock.ts";

type InputInit = MessageInitShape<typeof EmbedInputSchema>;

const sim = createSim();

function embed(inputs: InputInit[], encoding?: EmbedEncoding, dimensions?: number) {
  const size = dimensions === undefined ? {} : { dimensions };
  const spec = create(EmbedSpecSchema, {
    model: "sim/embed",
    inputs,
    encoding: encoding ?? EmbedEncoding.UNSPECIFIED,
    ...size,
  });
  return sim.embed(spec, "embed");
}

function numbers(input: InputInit, dimensions?: number): number[] {
  const vector = embed([input], EmbedEncoding.FLOAT, dimensions).embeddings[0]?.vector;
  return vector?.case === "floats" ? vector.value.values : [];
}

const said = (value: string): InputInit => ({ input: { case: "text", value } });

describe("embed", () => {
  it("gives vectors of length one that depend on the input alone, in every encoding", () => {
    const anyInput = fc.oneof(
      fc.string({ minLength: 1 }).map(said),
      fc
        .array(fc.nat(100_000), { minLength: 1 })
        .map((ids): InputInit => ({ input: { case: "tokens", value: { ids } } })),
      fc.uint8Array({ minLength: 1 }).map(
        (value): InputInit => ({
          input: { case: "image", value: { source: { case: "data", value } } },
        }),
      ),
    );
    fc.assert(
      fc.property(anyInput, fc.integer({ min: 1, max: 300 }), (input, dimensions) => {
        const floats = numbers(input, dimensions);
        expect(floats).toHaveLength(dimensions);
        expect(Math.hypot(...floats)).toBeCloseTo(1, 5);
        const other = embed([said("first"), input], EmbedEncoding.BASE64, dimensions).embeddings[1];
        const bytes = other?.vector.case === "floatBytes" ? other.vector.value : new Uint8Array();
        const view = new DataView(bytes.buffer);
        expect(floats.map((_, at) => view.getFloat32(at * 4, true))).toEqual(floats);
        const small = embed([input], EmbedEncoding.INT8, dimensions).embeddings[0];
        const signed =
          small?.vector.case === "int8Bytes" ? new Int8Array(small.vector.value.buffer) : [];
        expect(
          [...signed].every((value, at) => Math.abs(value - (floats[at] ?? 9) * 127) < 0.51),
        ).toBe(true);
      }),
    );
  });

  it("tells inputs apart and has 64 numbers if nothing else is asked for", () => {
    expect(numbers(said("a"))).toHaveLength(64);
    expect(numbers(said("a"))).not.toEqual(numbers(said("b")));
    expect(numbers(said("a"))).toEqual(numbers(said("a")));
  });

  it("keeps the order of the inputs and counts their tokens", () => {
    const image: InputInit = {
      input: { case: "image", value: { source: { case: "url", value: "https" } } },
    };
    const result = embed([
      said("one twelve"),
      { input: { case: "tokens", value: { ids: [5, 6] } } },
      image,
    ]);
    expect(result.embeddings.map(({ index }) => index)).toEqual([0, 1, 2]);
    // 3 for the words, 2 ids, and 4 for "[image https]".
    expect(result).toMatchObject({ model: "embed", usage: { inputTokens: 9n, totalTokens: 9n } });
  });

  const refused: [title: string, model: string, dimensions: number, reason: ErrorReason][] = [
    ["a model that does not embed", "echo", 8, ErrorReason.UNSUPPORTED],
    ["a model that is not there", "nothing", 8, ErrorReason.UPSTREAM_NOT_FOUND],
    ["more numbers than it makes", "embed", 8_000_001, ErrorReason.UPSTREAM_INVALID_REQUEST],
    ["no dimensions", "embed", 0, ErrorReason.UPSTREAM_INVALID_REQUEST],
  ];
  for (const [title, model, dimensions, reason] of refused) {
    it(`refuses ${title}`, () => {
      const spec = create(EmbedSpecSchema, { model: "x", inputs: [said("a")], dimensions });
      let thrown: unknown;
      try {
        sim.embed(spec, model);
      } catch (error) {
        thrown = error;
      }
      expect(thrown instanceof GatewayError && thrown.fault.reason).toBe(reason);
    });
  }
});

describe("wait", () => {
  it("waits out the latency before replies that are not a chat's", async () => {
    const clock = createHastyClock();
    await createSim().wait("embed?latency=40ms", new Life(clock));
    expect(clock.waited).toEqual([40]);
  });

  it("fails where the model is to fail", async () => {
    await expect(sim.wait("error-503", new Life(createHastyClock()))).rejects.toMatchObject({
      fault: { upstreamStatus: 503 },
    });
  });
});
