import { describe, expect, it } from "vitest";
import { until } from "../../../redis/until.ts";
import { type Setup, send, setUp } from "../routed-gateway.ts";

const admin = { name: "admin", admin: true, models: undefined, strict: false };
const model =
  "  - { name: m, strategy: LOWEST_LATENCY, targets: [{ model: a/x }, { model: b/x }] }";

const speedOf = ({ gateway }: Setup, at: number) =>
  gateway.engine.models.get(admin, "m")?.deployments[at]?.speed;

const ms = (duration: { seconds: bigint; nanos: number } | undefined) =>
  duration && Number(duration.seconds) * 1000 + duration.nanos / 1e6;

const release = ({ vendors }: Setup) => {
  for (const vendor of Object.values(vendors)) vendor.release();
};

/** A stream whose vendor takes so long for its first token; gives the reader of the rest. */
async function begin(setup: Setup, firstMs: number, signal?: AbortSignal) {
  const calls = () => Object.values(setup.vendors).flatMap(({ models }) => models).length;
  const before = calls();
  const reply = send(setup, { stream: true, ...(signal !== undefined && { signal }) });
  await until(() => calls() > before);
  setup.clock.advance(firstMs);
  release(setup);
  const reader = (await reply).body?.getReader();
  await reader?.read();
  return reader;
}

/** The same, read to its end, which comes after a time. */
async function stream(setup: Setup, firstMs: number, restMs: number) {
  const reader = await begin(setup, firstMs);
  setup.clock.advance(restMs);
  release(setup);
  for (let step = await reader?.read(); step?.done === false; step = await reader?.read());
}

/** One target has a soon first token and slow ones after it, the other is the other way round. */
async function measured() {
  const setup = await setUp(model, { a: ["begun 101"], b: ["begun 101"] });
  await stream(setup, 100, 3000);
  await until(() => speedOf(setup, 0)?.token !== undefined);
  await stream(setup, 400, 500);
  await until(() => speedOf(setup, 1)?.token !== undefined);
  return setup;
}

describe("LOWEST_LATENCY", () => {
  it("measures whole answers by their tokens", async () => {
    const setup = await setUp(model, { a: ["held"] });
    const reply = send(setup);
    await until(() => setup.vendors.a?.models.length === 1);
    setup.clock.advance(300);
    release(setup);
    await (await reply).text();
    await until(() => speedOf(setup, 0)?.wholeToken !== undefined);
    expect(ms(speedOf(setup, 0)?.wholeToken)).toBe(300);
    expect(speedOf(setup, 0)?.firstToken).toBeUndefined();
  });

  it("measures the time of each token apart from that of the first", async () => {
    const setup = await measured();
    expect(ms(speedOf(setup, 1)?.firstToken)).toBe(400);
    expect(ms(speedOf(setup, 1)?.token)).toBe(5);
    const decayed = Math.exp(-900 / 10_000);
    expect(ms(speedOf(setup, 0)?.token)).toBeCloseTo(30 * decayed, 2);
    expect(speedOf(setup, 0)?.wholeToken).toBeUndefined();
  });

  it("goes where the whole answer is there first, which depends on its length", async () => {
    const setup = await measured();
    const long = await send(setup, { stream: true });
    expect(long.headers.get("x-parlance-target")).toBe("b/x");
    expect(long.headers.get("x-parlance-why")).toContain("5.0 ms for each of 101 tokens");
    await long.text();
    const short = await send(setup, { stream: true, body: { max_tokens: 2 } });
    expect(short.headers.get("x-parlance-target")).toBe("a/x");
    expect(short.headers.get("x-parlance-why")).toContain("for each of 2 tokens");
    await short.text();
  });

  it("counts a stream that its caller cut because it was slow", async () => {
    const setup = await measured();
    setup.vendors.b?.script.push("begun 11");
    const leaving = new AbortController();
    await begin(setup, 0, leaving.signal);
    setup.clock.advance(4000);
    leaving.abort();
    await until(() => (ms(speedOf(setup, 1)?.token) ?? 0) > 100);
    setup.vendors.a?.script.push("ok");
    const next = await send(setup, { stream: true });
    expect(next.headers.get("x-parlance-target")).toBe("a/x");
    await next.text();
  });
});
