import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { ExperimentService } from "../../../gen/parlance/admin/v1/experiment_service_pb.js";
import { type ShadowResult, ShadowSkipReason } from "../../../gen/parlance/admin/v1/shadow_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { startGateway } from "../../../src/serve.ts";
import { createSharedState, createStateMemory } from "../../../src/state/shared-state.ts";
import { runIn } from "../../cli/shell.ts";
import { type Setup, send, setUp, statusOf } from "../routing/routed-gateway.ts";
import { startScriptedVendor } from "../routing/scripted-vendor.ts";

const prices = `facts: { prices: { tokens: { input: "1", output: "2" } } }`;
const model = (more = "percent: 100", target = `{ model: b/y, ${prices} }`) => `  - name: m
    targets: [{ model: a/x, ${prices} }]
    shadow: { model: copy, ${more} }
  - { name: copy, targets: [${target}], fallbacks: [spare], retry: { attempts: 3 } }
  - { name: spare, targets: [{ model: c/z }] }`;

async function resultOf({ gateway }: Pick<Setup, "gateway">): Promise<ShadowResult> {
  const service = createClient(
    ExperimentService,
    createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" }),
  );
  const { results } = await service.listShadowResults({});
  const [result] = results;
  if (result === undefined) throw new Error("no result");
  return result;
}

const skipsOf = ({ skips }: ShadowResult) =>
  skips.map(({ reason, count }) => `${ShadowSkipReason[reason]} ${count}`);

/** Lets the copies begin whose calls have ended, and waits for what is to become of them. */
async function settled(setup: Setup, wanted: (result: ShadowResult) => void) {
  await vi.waitFor(async () => {
    setup.clock.advance(1);
    wanted(await resultOf(setup));
  });
}

describe("a shadow", () => {
  for (const stream of [false, true])
    it(`gets a copy of a call after its ${stream ? "stream" : "answer"} has ended, and is compared`, async () => {
      const setup = await setUp(model(), {});
      const reply = await send(setup, { stream });
      expect(reply.headers.get("x-parlance-attempts")).toBe("1");
      expect(await reply.text()).toContain("well");
      expect(setup.vendors.b?.models).toEqual([]);
      await settled(setup, (result) =>
        expect(result).toMatchObject({
          model: "m",
          shadow: "copy",
          copies: 1n,
          errors: 0n,
          skips: [],
          compared: 1n,
          equalTexts: 1n,
          meanSimilarity: 1,
          pricedPairs: 1n,
          costNanoUsd: 5_000n,
          copyCostNanoUsd: 5_000n,
          spentTodayNanoUsd: 5_000n,
        }),
      );
      const { recent } = await resultOf(setup);
      expect(recent).toMatchObject([
        { target: "a/x", copyTarget: "b/y", error: 0, textEqual: true, textSimilarity: 1 },
      ]);
      expect(recent[0]?.texts).toBeUndefined();
      const [sent, copied] = [setup.vendors.a?.bodies[0], setup.vendors.b?.bodies[0]];
      expect(copied?.replace(`"y"`, `"x"`)).toBe(sent);
    });

  it("is not called before the call has ended, nor when it fails or its caller leaves", async () => {
    const setup = await setUp(model(), { a: ["held", 400, "silence"] });
    const held = send(setup);
    await vi.waitFor(() => expect(setup.vendors.a?.models.length).toBe(1));
    setup.clock.advance(10);
    expect(setup.vendors.b?.models).toEqual([]);
    setup.vendors.a?.release();
    expect(await statusOf(held)).toBe(200);
    await settled(setup, ({ copies }) => expect(copies).toBe(1n));
    expect(await statusOf(send(setup))).toBe(400);
    const leaving = new AbortController();
    const left = send(setup, { signal: leaving.signal });
    await vi.waitFor(() => expect(setup.vendors.a?.models.length).toBe(3));
    leaving.abort();
    await expect(left).rejects.toThrow();
    await settled(setup, (result) => expect(skipsOf(result)).toEqual(["NOT_ANSWERED 2"]));
    expect(setup.vendors.b?.models).toEqual(["y"]);
  });

  it("is tried once, and its failure is nobody's but its own", async () => {
    const setup = await setUp(model(), { b: [503] });
    expect(await statusOf(send(setup))).toBe(200);
    await settled(setup, (result) =>
      expect(result).toMatchObject({
        copies: 1n,
        errors: 1n,
        compared: 0n,
        spentTodayNanoUsd: 0n,
        recent: [{ error: ErrorReason.UPSTREAM_UNAVAILABLE, copyTarget: "b/y" }],
      }),
    );
    expect(setup.vendors.b?.models).toEqual(["y"]);
    expect(setup.vendors.c?.models).toEqual([]);
  });

  it("has no more copies at once than it may", async () => {
    const setup = await setUp(model("percent: 100, max_concurrent: 2"), {
      b: ["held", "held"],
    });
    for (let at = 0; at < 4; at += 1) expect(await statusOf(send(setup))).toBe(200);
    await settled(setup, (result) => {
      expect(skipsOf(result)).toEqual(["BUSY 2"]);
      expect(setup.vendors.b?.models.length).toBe(2);
    });
    setup.vendors.b?.release();
    await settled(setup, ({ copies }) => expect(copies).toBe(2n));
    expect(await statusOf(send(setup))).toBe(200);
    await settled(setup, ({ copies }) => expect(copies).toBe(3n));
  });

  it("spends no more in a day than it may, with what is set aside", async () => {
    // A copy is expected to cost 3 + 2 * 1024 micro-dollars, and costs 5.
    const setup = await setUp(model(`percent: 100, max_usd_per_day: "0.002060"`), {});
    for (let at = 0; at < 4; at += 1) {
      expect(await statusOf(send(setup))).toBe(200);
      await settled(setup, ({ copies, skips }) =>
        expect(Number(copies) + Number(skips[0]?.count ?? 0)).toBe(at + 1),
      );
    }
    const result = await resultOf(setup);
    expect([result.copies, skipsOf(result)]).toEqual([2n, ["MONEY 2"]]);
    expect(result.spentTodayNanoUsd).toBe(10_000n);
    setup.clock.advance(86_400_000);
    expect(await statusOf(send(setup))).toBe(200);
    await settled(setup, ({ copies }) => expect(copies).toBe(3n));
    expect((await resultOf(setup)).spentTodayNanoUsd).toBe(5_000n);
  });

  it("gets none without a known price, or as many as are allowed", async () => {
    const refused = await setUp(model("percent: 100", "{ model: b/y }"), {});
    expect(await statusOf(send(refused))).toBe(200);
    await settled(refused, (result) => expect(skipsOf(result)).toEqual(["UNPRICED 1"]));
    const some = "percent: 100, max_unpriced_calls_per_day: 1";
    const setup = await setUp(model(some, "{ model: b/y }"), {});
    for (let at = 0; at < 2; at += 1) {
      expect(await statusOf(send(setup))).toBe(200);
      await settled(setup, ({ copies, skips }) =>
        expect(Number(copies) + Number(skips[0]?.count ?? 0)).toBe(at + 1),
      );
    }
    const result = await resultOf(setup);
    expect([result.copies, skipsOf(result), result.pricedPairs]).toEqual([1n, ["UNPRICED 1"], 0n]);
  });

  it("gets no call whose vendor may act, nor one that is very large", async () => {
    const setup = await setUp(model(), {});
    const content = "x".repeat(1024 * 1024);
    const body = { messages: [{ role: "user", content }] };
    expect(await statusOf(send(setup, { body }))).toBe(200);
    await settled(setup, (result) => expect(skipsOf(result)).toEqual(["TOO_LARGE 1"]));
    const tools = [{ type: "code_interpreter" }];
    expect(await statusOf(send(setup, { body: { tools } }))).toBe(200);
    await settled(setup, (result) =>
      expect(skipsOf(result).toSorted()).toEqual(["TOOLS 1", "TOO_LARGE 1"]),
    );
    expect(setup.vendors.b?.models).toEqual([]);
  });

  it("keeps texts only where it may", async () => {
    const setup = await setUp(model("percent: 100, keep_text: true"), {});
    expect(await statusOf(send(setup))).toBe(200);
    await settled(setup, ({ recent }) =>
      expect(recent[0]?.texts).toMatchObject({ prompt: "hi", answer: "well", copy: "well" }),
    );
  });

  it("counts the answers that follow the schema of their request", async () => {
    const setup = await setUp(model(), {});
    const schema = { type: "object", properties: {}, additionalProperties: false };
    const response_format = { type: "json_schema", json_schema: { name: "n", schema } };
    expect(await statusOf(send(setup, { body: { response_format } }))).toBe(200);
    await settled(setup, (result) =>
      expect(result).toMatchObject({ schemaPairs: 1n, validAnswers: 0n, validCopies: 0n }),
    );
  });

  it("gets the share of the calls that is drawn", async () => {
    // Draws are always 0: every share above it is drawn.
    const setup = await setUp(model("percent: 0.01"), {});
    expect(await statusOf(send(setup))).toBe(200);
    await settled(setup, ({ copies }) => expect(copies).toBe(1n));
  });

  it("is shown by the command line", async () => {
    const setup = await setUp(model(), {});
    expect(await statusOf(send(setup))).toBe(200);
    await settled(setup, ({ copies }) => expect(copies).toBe(1n));
    const { stdout } = await runIn(["experiment", "shadows", "--url", setup.gateway.url]);
    expect(stdout).toMatch(/^MODEL +SHADOW +COPIES .* NOT COPIED\n/);
    expect(stdout).toMatch(/^m +copy +1 +0 +1 of 1 +100\.00% +- +- +- .* 0\.000005$/m);
  });

  it("is left alone with what it does when the gateway ends", async () => {
    const setup = await setUp(model(), { b: ["silence"] });
    expect(await statusOf(send(setup))).toBe(200);
    await vi.waitFor(() => {
      setup.clock.advance(1);
      expect(setup.vendors.b?.models.length).toBe(1);
    });
    await setup.gateway.drain({ graceMs: 60_000, delayMs: 0 });
    await vi.waitFor(() => expect(setup.vendors.b?.left).toBe(1));
    expect(setup.ends()).toContain("b broken");
  });

  it("shows the comparisons of all threads", async () => {
    const { url } = await startScriptedVendor();
    const memory = createStateMemory(2);
    const config = `providers: { a: { kind: openai_compatible, base_url: "${url}" }, b: { kind: openai_compatible, base_url: "${url}" } }\nmodels:\n  - { name: m, targets: [{ model: a/x }], shadow: { model: b/y, percent: 100, max_unpriced_calls_per_day: 9 } }\n`;
    const threads = await Promise.all(
      [0, 1].map((thread) =>
        startGateway({ port: 0, config, world: { state: createSharedState(memory, thread) } }),
      ),
    );
    for (const gateway of threads) onTestFinished(() => gateway.close());
    for (const gateway of threads) {
      const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "hi" }] }),
      });
      expect(reply.status).toBe(200);
      await reply.text();
    }
    for (const gateway of threads)
      await vi.waitFor(async () => {
        const { copies, recent } = await resultOf({ gateway });
        expect([copies, recent.length]).toEqual([2n, 2]);
      });
  });
});
