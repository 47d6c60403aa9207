import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { describe, expect, it } from "vitest";
import { TargetState } from "../../../../gen/parlance/admin/v1/model_pb.js";
import { ModelService } from "../../../../gen/parlance/admin/v1/model_service_pb.js";
import { runIn } from "../../../cli/shell.ts";
import { type SharingGateway, startSharing } from "../../../redis/start-gateways.ts";
import { startRedis } from "../../../redis/start-redis.ts";
import { until } from "../../../redis/until.ts";
import { type Setup, send, setUp, statusOf } from "../routed-gateway.ts";
import { startScriptedVendor } from "../scripted-vendor.ts";

const models =
  "  - { name: m, strategy: PRIORITY, targets: [{ model: a/x }, { model: b/x }], fallbacks: [n] }\n" +
  "  - { name: n, targets: [{ model: c/y }] }";

const auth = "auth: { admin_key: { value: boss } }\nkeys: [{ name: k, value: { value: plain } }]";

const parlance = (url: string, ...args: readonly string[]) =>
  runIn(["target", ...args, "--url", url], { env: { PARLANCE_KEY: "boss" } });

const call = (setup: Setup, model = "m") =>
  statusOf(send(setup, { model, headers: { authorization: "Bearer plain" } }));

const clientOf = (url: string, key: string) =>
  createClient(
    ModelService,
    createConnectTransport({
      baseUrl: url,
      httpVersion: "1.1",
      interceptors: [
        (next) => (request) => {
          request.header.set("authorization", `Bearer ${key}`);
          return next(request);
        },
      ],
    }),
  );

describe("an operator", () => {
  it("drains a target and enables it again, which all that shows targets says", async () => {
    const setup = await setUp(models, {}, { more: auth });
    const { url } = setup.gateway;
    const drained = await parlance(url, "drain", "a/x", "--reason", "a new GPU", "--for", "2h");
    expect(drained.stderr).toBe("");
    expect(drained.stdout).toMatch(/^a\/x: drained since .* until .* by admin: a new GPU\n$/);
    await call(setup);
    expect(setup.tried()).toBe("b");
    const explained = await runIn(["explain", "m", "hi", "--url", url, "--key", "plain"]);
    expect(explained.stdout).toMatch(
      /- +a\/x +model m: is drained by an operator until .*Z: a new GPU/,
    );
    expect((await parlance(url, "list")).stdout).toMatch(/m +a\/x +- +- +drained since/);
    const { model } = await clientOf(url, "plain").getModel({ name: "m" });
    expect(model?.deployments.map(({ order }) => order?.state)).toEqual([
      TargetState.DRAINED,
      undefined,
    ]);
    expect((await parlance(url, "enable", "a/x")).stdout).toBe("a/x: active\n");
    await call(setup);
    expect(setup.tried()).toBe("ba");
  });

  it("lets calls under way finish where a target is drained", async () => {
    const setup = await setUp(models, { a: ["held"] }, { more: auth });
    const held = call(setup);
    await until(() => setup.vendors.a?.models.length === 1);
    await parlance(setup.gateway.url, "drain", "a/*");
    await call(setup);
    setup.vendors.a?.release();
    expect(await held).toBe(200);
    expect(setup.ends()).toEqual(["b whole", "a whole"]);
  });

  it("drains for one model alone, and has calls fall back where none is left", async () => {
    const setup = await setUp(models, {}, { more: auth });
    const { url } = setup.gateway;
    await parlance(url, "disable", "a/x", "--model", "m");
    await parlance(url, "drain", "b/x");
    await call(setup);
    await call(setup, "a/x");
    expect(setup.tried()).toBe("ca");
    await parlance(url, "drain", "c/*", "--reason", "moving");
    const refused = await send(setup, { headers: { authorization: "Bearer plain" } });
    expect(refused.status).toBe(503);
    expect(await refused.text()).toContain("a/x is disabled by an operator");
  });

  it("has an order end by itself, and outlive a reload", async () => {
    const setup = await setUp(models, {}, { more: auth });
    const { gateway, clock } = setup;
    const client = clientOf(gateway.url, "boss");
    const seconds = BigInt(Math.round((1_700_000_000_000 + clock.nowMs()) / 1000) + 60);
    await client.setTargetState({
      target: "a/x",
      state: TargetState.DISABLED,
      until: { seconds, nanos: 0 },
    });
    const config = gateway.engine.snapshot().settings;
    const reloaded = await gateway.reload(
      `providers:\n${Object.entries(setup.vendors)
        .map(([name, { url }]) => `  ${name}: { kind: openai_compatible, base_url: "${url}" }`)
        .join("\n")}\nmodels:\n${models}\n${auth}\nrouting: { max_fallbacks: 2 }\n`,
    );
    expect(reloaded.ok && gateway.engine.snapshot().settings !== config).toBe(true);
    await call(setup);
    clock.advance(60_000);
    await call(setup);
    expect(setup.tried()).toBe("ba");
  });

  it("closes a circuit, so that its target is called at once", async () => {
    const setup = await setUp(models, { a: ["429 after 600"] }, { more: auth });
    const { url } = setup.gateway;
    await call(setup);
    await call(setup);
    expect((await parlance(url, "list")).stdout).toMatch(
      /a\/x +degraded +open after UPSTREAM_RATE_LIMITED, next probe 2023-/,
    );
    expect((await parlance(url, "close", "a/x")).stdout).toBe("a/x: its circuit is closed\n");
    expect((await parlance(url, "close", "a/x")).stdout).toBe("a/x: no circuit was open\n");
    await call(setup);
    expect(setup.tried()).toBe("abba");
  });

  it("is refused with what is wrong and what was probably meant", async () => {
    const { url } = (await setUp(models, {}, { more: auth })).gateway;
    const cases: readonly (readonly [args: readonly string[], code: number, stderr: string])[] = [
      [["drain", "a/xx"], 1, "NOT_FOUND: no model has target a/xx; did you mean a/x?"],
      [["drain", "d/*"], 1, "NOT_FOUND: no model has target d/*"],
      [["drain", "c/y", "--model", "m"], 1, "model m has no target c/y"],
      [
        ["drain", "a/x", "--model", "mm"],
        1,
        "there is no model mm in the configuration; did you mean m?",
      ],
      [["drian", "a/x"], 2, "unknown action drian; did you mean drain?"],
      [["drain"], 2, "drain needs TARGET"],
      [["drain", "a"], 2, "a is no target: write provider/model or provider/*"],
      [["drain", "a/x", "--for", "soon"], 2, "--for soon is no time: write 90s, 30m, 2h or 3d"],
      [["enable", "a/x", "--for", "2h"], 2, "enable takes no --for"],
      [["list", "a/x"], 2, "list takes no a/x"],
    ];
    for (const [args, code, stderr] of cases) {
      const ran = await parlance(url, ...args);
      expect([ran.code, ran.stderr]).toEqual([code, expect.stringContaining(stderr)]);
    }
    const other = await runIn(["target", "drain", "a/x", "--url", url, "--key", "plain"]);
    expect(other.stderr).toContain("may not set the state of targets: use the admin key");
    const client = clientOf(url, "boss");
    await expect(client.setTargetState({ target: "a/x" })).rejects.toThrow("nothing to do");
    const past = { target: "a/x", state: TargetState.DRAINED, until: { seconds: 1n, nanos: 0 } };
    await expect(client.setTargetState(past)).rejects.toThrow("must be in the future");
  });

  it("does so for all gateways that share a Redis, and for those that start later", async () => {
    const redis = { url: { value: (await startRedis()).url } };
    const vendors = { a: await startScriptedVendor(), b: await startScriptedVendor() };
    const one = await startSharing({ redis, vendors });
    const other = await startSharing({ redis, vendors });
    const isDrained = ({ gateway }: SharingGateway) => {
      const admin = { name: "admin", admin: true, models: undefined, strict: false };
      return gateway.engine.models.get(admin, "m")?.deployments[0]?.order !== undefined;
    };
    await parlance(one.gateway.url, "drain", "a/x");
    await until(() => isDrained(other));
    expect(await other.chat()).toBe(200);
    expect(vendors.a.models).toEqual([]);
    expect(one.notices.map(({ event }) => event)).toContain("target_drained");
    await one.gateway.close();
    const third = await startSharing({ redis, vendors });
    await until(() => isDrained(third));
    await parlance(third.gateway.url, "enable", "a/x");
    await until(() => !isDrained(other));
  });
});
