import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { describe, expect, it } from "vitest";
import type { CallReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { ChatService } from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { loadConfig } from "../../../src/config/loading/load-config.ts";
import { send, setUp } from "../routing/routed-gateway.ts";
import type { Act } from "../routing/scripted-vendor.ts";

const all = "failures_in_answers: [CONTENT_FILTER, REFUSAL, EMPTY]";
const model = (more: string) =>
  `  - { name: m, strategy: PRIORITY, targets: [{ model: a/x }, { model: b/x }], ${more} }`;

describe("an answer that counts as a failure", () => {
  const cases: readonly (readonly [
    title: string,
    models: string,
    script: Act,
    tried: readonly [whole: string, streamed: string],
    status: number,
  ])[] = [
    ["is tried elsewhere where it was filtered", model(all), "blocked", ["ab", "ab"], 200],
    ["is tried elsewhere where it is empty", model(all), "empty", ["ab", "ab"], 200],
    ["is left where it is not counted", model(""), "blocked", ["a", "a"], 200],
    [
      "is left where other kinds are counted",
      model("failures_in_answers: [EMPTY]"),
      "blocked",
      ["ab", "ab"],
      200,
    ],
    [
      "is left where it says something",
      model("failures_in_answers: [EMPTY]"),
      "filtered",
      ["a", "a"],
      200,
    ],
    [
      "goes to the models for refused content",
      model(`${all}, content_fallbacks: [c/x]`),
      "blocked",
      ["ac", "ac"],
      200,
    ],
    [
      "of nothing goes to no models for refused content",
      model(`${all}, content_fallbacks: [c/x]`),
      "empty",
      ["ab", "ab"],
      200,
    ],
    [
      "is a failure where nobody else answers",
      `  - { name: m, targets: [{ model: a/x }], ${all} }`,
      "blocked",
      ["a", "a"],
      400,
    ],
    [
      "is tried again where it was empty",
      `  - { name: m, targets: [{ model: a/x }], ${all}, retry: {} }`,
      "empty",
      ["aa", "aa"],
      200,
    ],
  ];
  for (const [title, models, script, tried, status] of cases)
    for (const [at, stream] of [false, true].entries())
      it(`${title}${stream ? ", streamed" : ""}`, async () => {
        const setup = await setUp(models, { a: [script] });
        const reply = await send(setup, {
          stream,
          body: { stream_options: { include_usage: true } },
        });
        const text = await reply.text();
        expect(reply.status).toBe(status);
        await expect.poll(setup.tried).toBe(tried[at]);
        if (tried[at] === "ab") expect(text).toContain("well");
        if (status === 400)
          expect(text).toContain("the provider filtered the answer (content_filter)");
      });

  for (const stream of [false, true])
    it(`is billed, and shown with its reason${stream ? ", streamed" : ""}`, async () => {
      const setup = await setUp(model(all), { a: ["blocked"] });
      const client = createClient(
        ChatService,
        createConnectTransport({ baseUrl: setup.gateway.url, httpVersion: "1.1" }),
      );
      const chat = { model: "m", messages: [{ role: Role.USER, text: "hi" }] };
      const reports: (CallReport | undefined)[] = [];
      if (!stream) reports.push((await client.complete({ chat })).report);
      else for await (const { report } of client.streamComplete({ chat })) reports.push(report);
      expect(reports[0]?.attempts[0]).toMatchObject({
        failure: ErrorReason.UPSTREAM_CONTENT_POLICY,
        inputTokens: 3n,
        outputTokens: 1n,
      });
    });

  it("says nothing against the target where it was filtered, and does where it is empty", async () => {
    const breaker = `${all}, breaker: { consecutive_failures: 1 }`;
    const setup = await setUp(model(breaker), { a: ["blocked", "empty"] });
    for (let call = 0; call < 3; call += 1) await (await send(setup)).text();
    expect(setup.tried()).toBe("ababb");
  });

  it("passes byte for byte where it counts as none", async () => {
    const plain = await setUp(model(""), {});
    const judged = await setUp(model(all), {});
    for (const stream of [false, true])
      expect(await (await send(judged, { stream })).text()).toBe(
        await (await send(plain, { stream })).text(),
      );
  });
});

describe("what is said of streams that break", () => {
  const problems = (more: string) => {
    const text = `providers: { sim: { kind: sim } }\nmodels:\n  - name: m\n    targets: [{ model: sim/echo }]\n    ${more}\n`;
    const loaded = loadConfig({ text, filename: "c.yaml" }, {}, () => "");
    return loaded.ok
      ? []
      : loaded.violations.map(({ line, column, message }) => [line, column, message]);
  };
  it("is refused where it would never act", () => {
    expect(problems("hold: { tokens: 3 }")).toEqual([[5, 5, "is for mid_stream: HOLD"]]);
    expect(problems("continuation: { max: 3 }")).toEqual([[5, 5, "is for mid_stream: CONTINUE"]]);
    expect(problems("mid_stream: HOLD")).toEqual([]);
  });
  for (const more of [
    "mid_stream: LATER",
    "mid_stream: HOLD\n    hold: { tokens: 0 }",
    "mid_stream: HOLD\n    hold: { time: 61s }",
    "failures_in_answers: [EMPTY, EMPTY]",
    "failures_in_answers: [LENGTH]",
    "mid_stream: CONTINUE\n    continuation: { max: 9 }",
  ])
    it(`is refused where it is ${more.replace(/\s+/g, " ")}`, () =>
      expect(problems(more)).toHaveLength(1));
});
