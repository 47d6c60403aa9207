import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { adminKey, startTenantGateway } from "../../composition/tenants/tenant-gateway.ts";
import { scratchFolder } from "../../store/store-gateway.ts";
import { type Ran, runIn } from "../shell.ts";

/** A gateway, and a shell at it. */
async function startWithShell() {
  const { url, chat } = await startTenantGateway({
    kind: "sqlite",
    path: join(scratchFolder(), "parlance.db"),
  });
  const env = { PARLANCE_KEY: adminKey };
  const parlance = (...args: readonly string[]): Promise<Ran> =>
    runIn([...args, "--url", url], { env });
  return { chat, parlance, url };
}

describe("keys and teams at the command line", () => {
  it("are made, listed, rotated, blocked and deleted", async () => {
    const { chat, parlance } = await startWithShell();
    const team = await parlance("team", "create", "x", "--budget", "500/month");
    expect(team).toMatchObject({ code: 0, stderr: "" });
    const made = await parlance(
      ...["key", "create", "web", "--team", "x", "--budget", "20/month", "--models", "fast"],
    );
    expect(made).toMatchObject({ code: 0, stderr: "" });
    const [value = ""] = made.stdout.split("\n");
    expect(value).toMatch(/^sk-[0-9A-Za-z]{43}$/);
    expect(await chat(value)).toBe(200);
    expect(await chat(value, { model: "slow" })).toBe(403);

    const listed = await parlance("key", "list", "--team", "x");
    expect(listed.stdout).toContain("web");
    expect(listed.stdout).toContain("$20/month");
    expect(listed.stdout).not.toContain(value);

    expect((await parlance("key", "update", "web", "--models", "slow")).code).toBe(0);
    expect(await chat(value, { model: "slow" })).toBe(200);
    const rotated = await parlance("key", "rotate", "web");
    const [next = ""] = rotated.stdout.split("\n");
    expect(await chat(value, { model: "slow" })).toBe(401);
    expect(await chat(next, { model: "slow" })).toBe(200);

    expect((await parlance("key", "block", "web")).stdout).toContain("blocked");
    expect(await chat(next, { model: "slow" })).toBe(403);
    expect((await parlance("key", "unblock", "web")).code).toBe(0);
    expect(await chat(next, { model: "slow" })).toBe(200);
    expect((await parlance("key", "delete", "web")).stdout).toBe("web is deleted\n");
    expect(await chat(next, { model: "slow" })).toBe(401);
  });

  it("are named in sums of their usage, of the gateway that PARLANCE_URL names", async () => {
    const { chat, parlance, url } = await startWithShell();
    await parlance("team", "create", "x");
    const [value = ""] = (await parlance("key", "create", "web", "--team", "x")).stdout.split("\n");
    expect(await chat(value)).toBe(200);
    const env = { PARLANCE_KEY: adminKey, PARLANCE_URL: url };
    const rows = async (by: string) => (await runIn(["usage", "--by", by], { env })).stdout;
    await expect.poll(() => rows("team")).toMatch(/^TEAM +NAME +CALLS.*\n[-0-9a-f]{36} +x +1 /);
    expect(await rows("key")).toMatch(/^KEY +NAME +CALLS.*\n[-0-9a-f]{36} +web +1 /);
    expect(await rows("model")).toMatch(/^MODEL +CALLS.*\nfast +1 /);
  });

  it("point to budgets, which are reset and increased", async () => {
    const { chat, parlance } = await startWithShell();
    const made = await parlance("budget", "create", "trial", "--budget", "0.000005/total");
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(made.stdout).toMatch(/ trial .* \$0\.000005\/total /);
    const key = await parlance("key", "create", "web", "--budget-ids", "trial");
    const [value = ""] = key.stdout.split("\n");
    expect([await chat(value), await chat(value)]).toEqual([200, 402]);
    const shown = (await parlance("budget", "show", "trial")).stdout;
    expect(shown).toMatch(/\nkey +web +all +[-0-9a-f]{36} +0\.000005 +0\.000005 +0\.00 +0\.00 +-/);
    const until = "2999-01-01";
    const grown = await parlance("budget", "increase", "trial", "--usd", "1", "--until", until);
    expect(grown.stdout).toContain(`$1 until ${until}`);
    expect(await chat(value)).toBe(200);
    expect((await parlance("budget", "update", "trial", "--budget", "0.000005/total")).code).toBe(
      0,
    );
    expect(await chat(value)).toBe(402);
    expect((await parlance("budget", "reset", "trial")).code).toBe(0);
    expect(await chat(value)).toBe(200);
    const listed = JSON.parse((await parlance("budget", "list", "--json")).stdout);
    expect(listed).toMatchObject([
      { id: "end-users", origin: "OBJECT_ORIGIN_FILE" },
      { name: "trial", amount: { usd: "0.000005", window: "BUDGET_WINDOW_TOTAL" } },
    ]);
    const states = JSON.parse((await parlance("budget", "spent", "--json")).stdout);
    expect(states).toMatchObject([{ ownerName: "web", spentNanoUsd: "5000" }]);
    expect(await parlance("budget", "delete", "trial")).toMatchObject({ code: 1 });
    await parlance("key", "update", "web", "--budget-ids", "");
    expect((await parlance("budget", "delete", "trial")).stdout).toBe("trial is deleted\n");
  });

  it("are JSON for programs", async () => {
    const { parlance } = await startWithShell();
    await parlance("team", "create", "x", "--rpm", "60");
    const made = JSON.parse(
      (await parlance("key", "create", "web", "--team", "x", "--json")).stdout,
    );
    expect(made).toMatchObject({ key: { alias: "web" }, value: expect.stringMatching(/^sk-/) });
    const keys = JSON.parse((await parlance("key", "list", "--json")).stdout);
    expect(keys).toMatchObject([{ id: "dev" }, { alias: "web", id: made.key.id }]);
    const teams = JSON.parse((await parlance("team", "list", "--json")).stdout);
    expect(teams).toMatchObject([
      { name: "support", origin: "OBJECT_ORIGIN_FILE" },
      { name: "x", limits: { requestsPerMinute: 60 } },
    ]);
  });

  it("are left alone where the config file has them", async () => {
    const { parlance } = await startWithShell();
    for (const args of [
      ["key", "delete", "dev"],
      ["key", "rotate", "dev"],
      ["key", "block", "dev"],
      ["team", "delete", "support"],
      ["team", "update", "support", "--rpm", "1"],
    ]) {
      const { code, stderr } = await parlance(...args);
      expect([code, stderr]).toEqual([1, expect.stringContaining("OWNED_BY_FILE")]);
    }
  });

  it("are found by alias or id alone", async () => {
    const { parlance } = await startWithShell();
    const { code, stderr } = await parlance("key", "show", "nobody");
    expect([code, stderr]).toEqual([1, expect.stringContaining("NOT_FOUND")]);
  });
});
