import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { describe, expect, it, vi } from "vitest";
import { ExplainResponseSchema } from "../../../../gen/parlance/chat/v1/chat_service_pb.js";
import { type Setup, send, setUp, statusOf } from "../routed-gateway.ts";

const model = (targets: string, more = "") => `  - { name: m, targets: [${targets}], ${more} }`;
const inTurn = "strategy: PRIORITY";

async function explain({ gateway }: Setup) {
  const response = await fetch(`${gateway.url}/parlance.chat.v1.ChatService/Explain`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "m", text: "hi" }),
  });
  const { targets, excluded } = fromJson(
    ExplainResponseSchema,
    (await response.json()) as JsonValue,
  );
  return {
    first: targets[0]?.target?.provider,
    excluded: excluded.map(({ target, why }) => `${target?.provider} ${why}`),
  };
}

describe("the requests that a target gets in a minute", () => {
  it("are at most its limit; the next target takes the others", async () => {
    const setup = await setUp(
      model("{ model: a/x, requests_per_minute: 2 }, { model: b/x }", inTurn),
      {},
    );
    for (let call = 0; call < 3; call += 1) expect(await statusOf(send(setup))).toBe(200);
    expect(setup.tried()).toBe("aab");
    expect(await explain(setup)).toEqual({
      first: "b",
      excluded: ["a model m: gets 2 requests a minute, and has had them"],
    });
    setup.clock.advance(59_999);
    await statusOf(send(setup));
    setup.clock.advance(1);
    await statusOf(send(setup));
    expect(setup.tried()).toBe("aabba");
  });

  it("refuse a call with 429 and the time until there is room, where all are at their limit", async () => {
    const setup = await setUp(
      model(
        "{ model: a/x, requests_per_minute: 1 }, { model: b/x, requests_per_minute: 1 }",
        inTurn,
      ),
      {},
    );
    await statusOf(send(setup));
    setup.clock.advance(20_000);
    await statusOf(send(setup));
    const refused = await send(setup);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "40"]);
    const body = await refused.text();
    expect(body).toContain('"rate_limit_exceeded"');
    expect(body).toContain("a/x gets 1 requests a minute, and has had them");
    expect(setup.tried()).toBe("ab");
  });

  it("send a call to the fallbacks where all are at their limit", async () => {
    const setup = await setUp(
      `${model("{ model: a/x, requests_per_minute: 1 }", "fallbacks: [n]")}\n  - { name: n, targets: [{ model: b/x }] }`,
      {},
    );
    await statusOf(send(setup));
    expect(await statusOf(send(setup))).toBe(200);
    expect(setup.tried()).toBe("ab");
  });

  it("are shared by models that name the same target, and by all that a `*` stands for", async () => {
    const setup = await setUp(
      `${model("{ model: a/x, requests_per_minute: 2 }")}\n  - { name: n, targets: [{ model: a/x, requests_per_minute: 2 }] }
  - { name: "any-*", targets: [{ model: "b/*", requests_per_minute: 1 }] }`,
      {},
    );
    const statuses = [];
    for (const name of ["m", "n", "m", "any-1", "any-2"])
      statuses.push(await statusOf(send(setup, { model: name })));
    expect(statuses).toEqual([200, 200, 429, 200, 429]);
  });

  it("count those that fail, and those that are raced", async () => {
    const setup = await setUp(
      model("{ model: a/x, requests_per_minute: 1 }, { model: b/x }", inTurn),
      {
        a: [500],
      },
    );
    await statusOf(send(setup));
    await statusOf(send(setup));
    expect(setup.tried()).toBe("abb");
  });
});

describe("the tokens that a target takes in a minute", () => {
  // The vendor counts 4 tokens a call; the prompt is estimated at 5.
  const limited = (tokens: number) =>
    model(`{ model: a/x, tokens_per_minute: ${tokens} }, { model: b/x }`, inTurn);

  it("are those that the vendor counts, once a call is over", async () => {
    const setup = await setUp(limited(14), {});
    for (let call = 0; call < 4; call += 1) await statusOf(send(setup));
    // 4 + 4 are taken when the third is estimated at 5 and an answer of 1.
    expect(setup.tried()).toBe("aaab");
  });

  it("are those that a call may take while it is under way", async () => {
    const setup = await setUp(limited(20), { a: ["held"] });
    const first = send(setup, { body: { max_tokens: 15 } });
    await vi.waitUntil(() => setup.vendors.a?.models.length === 1, 20_000);
    await statusOf(send(setup));
    setup.vendors.a?.release();
    await statusOf(first);
    await statusOf(send(setup));
    expect(setup.tried()).toBe("baa");
  });

  it("are returned where a call fails, and stand where its caller leaves", async () => {
    const setup = await setUp(limited(20), { a: [500, "silence"] });
    await statusOf(send(setup, { body: { max_tokens: 15 } }));
    const controller = new AbortController();
    const left = send(setup, { body: { max_tokens: 15 }, signal: controller.signal });
    await vi.waitUntil(() => setup.vendors.a?.models.length === 2, 20_000);
    controller.abort();
    await expect(left).rejects.toThrow();
    await vi.waitUntil(() => setup.ends().includes("a left"), 20_000);
    await statusOf(send(setup));
    expect(setup.tried()).toBe("abab");
  });

  it("leave out a prompt that has more by itself, without a time", async () => {
    const setup = await setUp(model("{ model: a/x, tokens_per_minute: 3 }"), {});
    const refused = await send(setup);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, null]);
    expect(await refused.text()).toContain(
      "takes 3 tokens a minute, and the prompt alone has about",
    );
  });

  it("may be taken as a whole by a call that allows more", async () => {
    const setup = await setUp(limited(20), {});
    await statusOf(send(setup, { body: { max_tokens: 5000 } }));
    await statusOf(send(setup, { body: { max_tokens: 5000 } }));
    expect(setup.tried()).toBe("ab");
  });
});

describe("the strategy USAGE", () => {
  it("spreads calls by the limits of targets", async () => {
    const setup = await setUp(
      model(
        "{ model: a/x, requests_per_minute: 6 }, { model: b/x, requests_per_minute: 3 }",
        "strategy: USAGE",
      ),
      {},
    );
    for (let call = 0; call < 9; call += 1) expect(await statusOf(send(setup))).toBe(200);
    expect(setup.tried().split("").sort().join("")).toBe("aaaaaabbb");
    expect(await statusOf(send(setup))).toBe(429);
  });
});
