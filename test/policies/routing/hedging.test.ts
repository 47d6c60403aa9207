import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { describe, expect, it } from "vitest";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { ChatService } from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { ToolSchema } from "../../../gen/parlance/chat/v1/tool_pb.js";
import { loadConfig } from "../../../src/config/loading/load-config.ts";
import { chat } from "../../../src/core/operation.ts";
import type { Target } from "../../../src/core/target/target.ts";
import { hedgeDelayMs, mayAct } from "../../../src/policies/routing/hedge.ts";
import { callOf, requestOf } from "../../calls.ts";
import { type Setup, send, setUp, statusOf } from "./routed-gateway.ts";

const model = (more: string) =>
  `  - { name: m, strategy: PRIORITY, targets: [{ model: a/x }, { model: b/x }, { model: c/x }], ${more} }`;
const hedged = model("hedge: { after: 200ms }");

/** Resolves when vendors have had so many requests together. */
async function requests({ vendors }: Setup, count: number): Promise<void> {
  const sum = () => Object.values(vendors).reduce((total, { models }) => total + models.length, 0);
  await expect.poll(sum).toBe(count);
}

describe("a call whose target is slow", () => {
  for (const stream of [false, true]) {
    const title = stream ? "streamed" : "whole";
    it(`is answered by the second, ${title}`, async () => {
      const setup = await setUp(hedged, { a: ["silence"] });
      const reply = send(setup, { stream });
      await requests(setup, 1);
      setup.clock.advance(200);
      expect(await statusOf(reply)).toBe(200);
      await expect.poll(setup.tried).toBe("ab");
    });

    it(`leaves the loser, which is no failure of its target, ${title}`, async () => {
      const setup = await setUp(hedged, { a: ["silence"] });
      const reply = await (async () => {
        const sent = send(setup, { stream });
        await requests(setup, 1);
        setup.clock.advance(200);
        return sent;
      })();
      expect(reply.headers.get("x-parlance-target")).toBe("b/x");
      expect(reply.headers.get("x-parlance-attempts")).toBe("2");
      expect(reply.headers.get("x-parlance-why")).toBe("model m: place 2 of 3, beside a slow one");
      await reply.text();
      await expect.poll(() => setup.vendors.a?.left).toBe(1);
      await expect.poll(setup.ends).toEqual(["a left", "b whole"]);
      expect(await statusOf(send(setup, { stream }))).toBe(200);
      await expect.poll(setup.tried).toBe("aba");
    });
  }

  it("waits for the first where the second fails", async () => {
    const setup = await setUp(hedged, { a: ["held"], b: [500] });
    const reply = send(setup);
    await requests(setup, 1);
    setup.clock.advance(200);
    await requests(setup, 2);
    setup.vendors.a?.release();
    expect(await statusOf(reply)).toBe(200);
    expect((await reply).headers.get("x-parlance-target")).toBe("a/x");
  });

  it("goes on to the third where both fail", async () => {
    const setup = await setUp(hedged, { a: ["held 500"], b: [500] });
    const reply = send(setup);
    await requests(setup, 1);
    setup.clock.advance(200);
    await requests(setup, 2);
    setup.vendors.a?.release();
    expect(await statusOf(reply)).toBe(200);
    await expect.poll(setup.tried).toBe("abc");
  });

  it("is over where a failure is the caller's own", async () => {
    const setup = await setUp(hedged, { a: ["silence"], b: [422] });
    const reply = send(setup);
    await requests(setup, 1);
    setup.clock.advance(200);
    expect(await statusOf(reply)).toBe(422);
    await expect.poll(() => setup.vendors.a?.left).toBe(1);
  });

  for (const stream of [false, true])
    it(`leaves nothing running when its caller leaves, ${stream ? "streamed" : "whole"}`, async () => {
      const setup = await setUp(hedged, { a: ["silence"], b: ["silence"] });
      const leaves = new AbortController();
      const reply = send(setup, { stream, signal: leaves.signal }).catch(() => "left");
      await requests(setup, 1);
      setup.clock.advance(200);
      await requests(setup, 2);
      leaves.abort();
      expect(await reply).toBe("left");
      await expect.poll(() => [setup.vendors.a?.left, setup.vendors.b?.left]).toEqual([1, 1]);
      await expect.poll(setup.tried).toBe("ab");
      setup.clock.advance(60_000);
      expect(setup.vendors.c?.models).toEqual([]);
    });

  it("is not raced where the first is fast enough", async () => {
    const setup = await setUp(hedged, {});
    expect(await statusOf(send(setup))).toBe(200);
    setup.clock.advance(200);
    expect(setup.clock.waiting()).toBe(0);
    expect(setup.tried()).toBe("a");
  });

  it("is raced for as many calls as the model says, three always", async () => {
    const setup = await setUp(hedged, { a: Array.from({ length: 4 }, () => "held" as const) });
    for (let call = 1; call <= 3; call += 1) {
      const reply = send(setup);
      await requests(setup, 2 * call - 1);
      setup.clock.advance(200);
      expect(await statusOf(reply)).toBe(200);
    }
    const last = send(setup);
    await requests(setup, 7);
    setup.clock.advance(200);
    setup.vendors.a?.release();
    expect((await last).headers.get("x-parlance-target")).toBe("a/x");
  });

  it("is not raced while races have cost more than the model says", async () => {
    const setup = await setUp(model("hedge: { after: 200ms, max_cost_percent: 20 }"), {
      a: ["silence", "held"],
    });
    const raced = send(setup);
    await requests(setup, 1);
    setup.clock.advance(200);
    expect(await statusOf(raced)).toBe(200);
    await expect.poll(setup.ends).toEqual(["a left", "b whole"]);
    // The loser counts as the prompt: 3 tokens of 7.
    const second = send(setup);
    await requests(setup, 3);
    setup.clock.advance(200);
    setup.vendors.a?.release();
    expect((await second).headers.get("x-parlance-target")).toBe("a/x");
    expect((await second).headers.get("x-parlance-attempts")).toBe("1");
    await (await second).text();
    // With 15 tokens more in all it is under a fifth.
    for (let call = 0; call < 2; call += 1) expect(await statusOf(send(setup))).toBe(200);
    setup.vendors.a?.script.push("silence");
    const third = send(setup);
    await requests(setup, 6);
    setup.clock.advance(200);
    expect(await statusOf(third)).toBe(200);
    expect((await third).headers.get("x-parlance-target")).toBe("b/x");
  });

  it("shows which was called beside it, and which lost", async () => {
    const setup = await setUp(hedged, { a: ["silence"] });
    const client = createClient(
      ChatService,
      createConnectTransport({ baseUrl: setup.gateway.url, httpVersion: "1.1" }),
    );
    const chat = { model: "m", messages: [{ role: Role.USER, text: "hi" }] };
    const reply = client.complete({ chat });
    await requests(setup, 1);
    setup.clock.advance(200);
    const { report } = await reply;
    expect(report?.attempts.map(({ hedged: beside, wasted }) => [beside, wasted])).toEqual([
      [false, true],
      [true, false],
    ]);
    await expect.poll(() => setup.vendors.a?.left).toBe(1);
  });

  it("is raced after the 95th percentile, once that is known", async () => {
    const setup = await setUp(model("hedge: { after_p95: true, max_percent: 100 }"), {
      a: Array.from({ length: 22 }, () => "held" as const),
    });
    for (let call = 1; call <= 20; call += 1) {
      const reply = send(setup, { stream: true });
      await requests(setup, call);
      setup.clock.advance(call * 10);
      setup.vendors.a?.release();
      expect(await statusOf(reply)).toBe(200);
    }
    const reply = send(setup, { stream: true });
    await requests(setup, 21);
    setup.clock.advance(189);
    expect(setup.vendors.b?.models).toEqual([]);
    setup.clock.advance(1);
    expect(await statusOf(reply)).toBe(200);
    expect((await reply).headers.get("x-parlance-target")).toBe("b/x");
  });
});

describe("the time after which a second target is called", () => {
  const cases: readonly (readonly [
    title: string,
    hedge: string,
    p95: Readonly<Record<string, number>>,
    second: string | undefined,
    delayMs: number | undefined,
  ])[] = [
    ["is fixed", "{ after: 200ms }", { a: 500, b: 100 }, "b", 200],
    ["is when the first is late for itself", "{}", { a: 500, b: 900 }, "b", 500],
    ["is when the first is late for the second", "{}", { a: 500, b: 100 }, "b", 100],
    ["is that of the second where nothing is known of the first", "{}", { b: 100 }, "b", 100],
    ["is that of the first where nothing is known of the second", "{}", { a: 500 }, "b", 500],
    ["never comes where nothing is known", "{}", {}, "b", undefined],
    ["never comes where there is no second", "{}", { a: 500 }, undefined, undefined],
  ];
  for (const [title, hedge, p95, second, delayMs] of cases)
    it(title, () => {
      const text = `providers: { a: { kind: sim }, b: { kind: sim } }\nmodels:\n  - { name: m, targets: [{ model: a/x }, { model: b/x }], hedge: ${hedge} }\n`;
      const loaded = loadConfig({ text, filename: "hedge.yaml" }, {}, () => "");
      const found = loaded.ok ? loaded.settings.models.get("m") : undefined;
      const at = (provider: string) => ({ provider, model: "x" });
      const racers = {
        first: at("a"),
        second: () => (second === undefined ? undefined : at(second)),
      };
      const p95Ms = ({ provider }: Target) => p95[provider];
      expect(found && hedgeDelayMs(found, racers, true, { p95Ms })).toBe(delayMs);
    });
});

describe("a target that has become slow", () => {
  it("is left alone again where the call that probes it loses the race", async () => {
    const breaker = "breaker: { consecutive_failures: 1, open_for: 5s }";
    const setup = await setUp(model(`hedge: { after: 200ms }, ${breaker}`), {
      a: [500, "silence"],
    });
    expect(await statusOf(send(setup))).toBe(200);
    setup.clock.advance(5000);
    const probe = send(setup);
    await requests(setup, 3);
    setup.clock.advance(200);
    expect(await statusOf(probe)).toBe(200);
    expect(await statusOf(send(setup))).toBe(200);
    await expect.poll(setup.ends).toEqual(["a broken", "b whole", "a left", "b whole", "b whole"]);
    setup.clock.advance(5000);
    expect(await statusOf(send(setup))).toBe(200);
    await expect.poll(setup.tried).toBe("ababba");
  });

  it("is probed again where the caller of the call that probes it leaves", async () => {
    const breaker = "breaker: { consecutive_failures: 1, open_for: 5s }";
    const setup = await setUp(model(`hedge: { after: 200ms }, ${breaker}`), {
      a: [500, "silence"],
    });
    expect(await statusOf(send(setup))).toBe(200);
    setup.clock.advance(5000);
    const leaves = new AbortController();
    const probe = send(setup, { signal: leaves.signal }).catch(() => "left");
    await requests(setup, 3);
    leaves.abort();
    expect(await probe).toBe("left");
    await expect.poll(setup.tried).toBe("aba");
    expect(await statusOf(send(setup))).toBe(200);
    await expect.poll(setup.tried).toBe("abaa");
  });
});

describe("a vendor that runs tools", () => {
  const builtin = (json: string): MessageInitShape<typeof ToolSchema> => ({
    tool: { case: "builtin", value: { dialect: "openai-responses", json } },
  });
  const plain: MessageInitShape<typeof ToolSchema> = {
    tool: { case: "function", value: { name: "f", parametersJson: "{}" } },
  };
  const cases: readonly (readonly [
    title: string,
    tools: readonly MessageInitShape<typeof ToolSchema>[],
    acts: boolean,
  ])[] = [
    ["has none", [], false],
    ["has tools that the caller runs", [plain], false],
    ["searches the web", [builtin('{"type":"web_search"}')], false],
    ["searches files", [plain, builtin('{ "type" : "file_search" }')], false],
    ["calls an MCP server", [builtin('{"type":"mcp","server_label":"s"}')], true],
    ["runs code", [plain, builtin('{"type":"code_interpreter"}')], true],
  ];
  for (const [title, tools, acts] of cases)
    it(`${acts ? "may" : "cannot"} act twice where it ${title}`, () => {
      const request = requestOf(chat, create(ChatSchema, { tools: [...tools] }));
      expect(mayAct(callOf({ request }))).toBe(acts);
    });
});
