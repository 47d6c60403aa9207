import { describe, expect, it } from "vitest";
import { CircuitState } from "../../../../gen/parlance/admin/v1/model_pb.js";
import { loadConfig } from "../../../../src/config/loading/load-config.ts";
import type { CallRecord } from "../../../../src/core/ledger/call-record.ts";
import { createHealthChecks } from "../../../../src/policies/routing/health-check/health-checks.ts";
import { createRoutingState } from "../../../../src/policies/routing/routing-state.ts";
import { startGateway } from "../../../../src/serve.ts";
import { createLocalRateWindows } from "../../../../src/state/local-rate-window.ts";
import { createMemoryState } from "../../../../src/state/state.ts";
import { runIn } from "../../../cli/shell.ts";
import { createFakeClock } from "../../../fake-clock.ts";
import { linked } from "../../../redis/linked.ts";
import { startRedis } from "../../../redis/start-redis.ts";
import { until } from "../../../redis/until.ts";
import { type Setup, send, setUp, statusOf } from "../routed-gateway.ts";

const checked = (more = "") =>
  `  - { name: m, strategy: PRIORITY, targets: [{ model: a/x }, { model: b/x }], health_check: { every: 30s }${more} }`;

const admin = { name: "admin", admin: true, models: undefined, strict: false };

const circuitOf = ({ gateway }: Setup) =>
  gateway.engine.models.get(admin, "m")?.deployments[0]?.health?.circuit;

/** Moves the clock on by the time between checks, and waits until their calls are over. */
async function nextChecks(setup: Setup, count: number) {
  const before = setup.tried().length;
  setup.clock.advance(30_000);
  await until(() => setup.tried().length === before + count);
}

describe("health checks", () => {
  it("send each target that no call goes to a chat of one word, for one token", async () => {
    const setup = await setUp(checked(), {});
    await nextChecks(setup, 2);
    expect([...setup.tried()].sort().join("")).toBe("ab");
    expect(JSON.parse(setup.vendors.a?.bodies[0] ?? "{}")).toMatchObject({
      model: "x",
      messages: [{ role: "user", content: "Hi" }],
    });
    expect(setup.vendors.a?.bodies[0]).toMatch(/"max_(completion_)?tokens":1\b/);
  });

  it("leave alone what calls are answered by", async () => {
    const setup = await setUp(checked(), {});
    setup.clock.advance(20_000);
    await statusOf(send(setup));
    await nextChecks(setup, 1);
    expect(setup.tried()).toBe("ab");
  });

  it("open a circuit by failures, and close it by an answer, with no call in between", async () => {
    const breaker = ", breaker: { consecutive_failures: 1, open_for: 5s }";
    const setup = await setUp(checked(breaker), { a: [500, 500] });
    await nextChecks(setup, 2);
    expect(circuitOf(setup)).toBe(CircuitState.OPEN);
    await nextChecks(setup, 2);
    expect(circuitOf(setup)).toBe(CircuitState.OPEN);
    await nextChecks(setup, 2);
    expect(circuitOf(setup)).toBe(CircuitState.CLOSED);
  });

  it("wait for as long as a vendor wants to be left alone", async () => {
    const setup = await setUp(checked(), { a: ["429 after 45"] });
    await nextChecks(setup, 2);
    await nextChecks(setup, 1);
    expect(setup.vendors.a?.models.length).toBe(1);
    await nextChecks(setup, 2);
    expect(circuitOf(setup)).toBe(CircuitState.CLOSED);
  });

  it("say nothing of a target by a failure that is the request's own", async () => {
    const breaker = ", breaker: { consecutive_failures: 1 }";
    const setup = await setUp(checked(breaker), { a: [400] });
    await nextChecks(setup, 2);
    expect(circuitOf(setup)).not.toBe(CircuitState.OPEN);
  });

  it("go on where a target is drained, and not where it is disabled", async () => {
    const setup = await setUp(checked(), {});
    const { url } = setup.gateway;
    await runIn(["target", "drain", "a/x", "--url", url]);
    await runIn(["target", "disable", "b/x", "--url", url]);
    await nextChecks(setup, 1);
    expect(setup.tried()).toBe("a");
  });

  describe("of kind MODELS_LIST", () => {
    const listed = (more = "") =>
      checked(more).replace("every: 30s", "every: 30s, kind: MODELS_LIST");
    const breaker = ", breaker: { consecutive_failures: 1, open_for: 5s }";

    it("request the vendor's list of models, and send no chat", async () => {
      const provider = ", api_key: { value: key-of-the-vendor }";
      const setup = await setUp(listed(), {}, { provider });
      await nextChecks(setup, 2);
      expect(setup.vendors.a?.lists).toEqual(["/v1/models Bearer key-of-the-vendor"]);
      expect(setup.vendors.a?.models).toEqual([]);
      expect(setup.ends()).toEqual(["a whole", "b whole"]);
    });

    it("open a circuit by failures, and close it by a list", async () => {
      const setup = await setUp(listed(breaker), { a: [500, "empty"] });
      await nextChecks(setup, 2);
      expect(circuitOf(setup)).toBe(CircuitState.OPEN);
      await nextChecks(setup, 2);
      expect(circuitOf(setup)).toBe(CircuitState.OPEN);
      await nextChecks(setup, 2);
      expect(circuitOf(setup)).toBe(CircuitState.CLOSED);
    });

    it("say nothing where the vendor has no list after all", async () => {
      const setup = await setUp(listed(breaker), { a: [404] });
      await nextChecks(setup, 2);
      expect(circuitOf(setup)).not.toBe(CircuitState.OPEN);
    });

    it("time out", async () => {
      const setup = await setUp(listed(breaker), { a: ["silence"] });
      setup.clock.advance(30_000);
      await until(() => setup.vendors.a?.lists.length === 1);
      setup.clock.advance(10_000);
      await until(() => circuitOf(setup) === CircuitState.OPEN);
    });

    const lacking: readonly (readonly [title: string, provider: string, target: string])[] = [
      ["a vendor that has none", "{ kind: perplexity, api_key: { value: k } }", "p/sonar"],
      ["the simulated vendor", "{ kind: sim }", "p/echo"],
    ];
    for (const [title, provider, target] of lacking)
      it(`are refused at load for ${title}`, () => {
        const text = [
          `providers: { p: ${provider} }`,
          "models:",
          `  - { name: m, targets: [{ model: ${target} }], health_check: { kind: MODELS_LIST } }`,
        ].join("\n");
        const loaded = loadConfig({ text, filename: "c.yaml" }, {}, () => "");
        const [violation] = loaded.ok ? [] : loaded.violations;
        expect(violation).toMatchObject({
          path: "models[0].health_check.kind",
          line: 3,
          column: (text.split("\n")[2] ?? "").indexOf("MODELS_LIST") + 1,
          ruleId: "health_check_kind",
        });
        expect(violation?.message).toContain(target);
      });
  });

  it("are recorded as calls of health-check, with what they cost", async () => {
    const records: CallRecord[] = [];
    const clock = createFakeClock();
    const gateway = await startGateway({
      port: 0,
      config:
        "providers: { sim: { kind: sim } }\nmodels: [{ name: m, targets: [{ model: sim/echo }], health_check: {} }]",
      world: { schedule: clock.schedule, record: (record) => void records.push(record) },
    });
    clock.advance(30_000);
    await until(() => records.length === 1);
    expect(records[0]).toMatchObject({ principal: "health-check", model: "m", fault: undefined });
    expect(records[0]?.usage?.inputTokens).toBeGreaterThan(0n);
    await gateway.close();
    expect(clock.waiting()).toBe(0);
  });

  it("are made once by several gateways that share a Redis", async () => {
    const redis = await startRedis();
    const made: string[] = [];
    const clock = createFakeClock();
    const gateways = await Promise.all(
      ["one", "other"].map(async (name) => {
        const { link } = linked({ url: { value: redis.url } });
        await until(() => link.isUp());
        const state = createMemoryState();
        const wallMs = () => 1_000_000 + clock.nowMs();
        const rates = createLocalRateWindows(state, wallMs);
        const { health, orders } = createRoutingState({ state, rates, wallMs, nowMs: wallMs });
        let over = 0;
        const checks = createHealthChecks({
          health,
          orders,
          wallMs,
          redis: {
            ...{ key: link.key.bind(link), run: link.run.bind(link) },
            ...{ isUp: () => link.isUp(), onUp: link.onUp.bind(link) },
            call: async (command) => {
              const outcome = await link.call(command);
              over += 1;
              return outcome;
            },
          },
          checker: state.slots("checker"),
          schedule: clock.schedule,
          check: async () => void made.push(name),
        });
        const target = { provider: "a", model: "x", weight: 1 };
        checks.keep([{ target, model: "m", everyMs: 30_000, timeoutMs: 1_000, kind: 0 }]);
        return { over: () => over };
      }),
    );
    clock.advance(30_000);
    await until(() => gateways.every(({ over }) => over() === 1));
    expect(made.length).toBe(1);
  });
});
