import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { describe, expect, it, vi } from "vitest";
import { AuditService } from "../../../gen/parlance/admin/v1/audit_service_pb.js";
import { ModelService } from "../../../gen/parlance/admin/v1/model_service_pb.js";
import { connectWith } from "../../../src/cli/running/running-gateway.ts";
import { type Running, runIn, startIn } from "../shell.ts";
import { folderWith } from "../spawn-parlance.ts";

const adminKey = "admin-key-0123456789";
const devKey = "dev-key-0123456789";

async function serving(config: object, log: string) {
  const folder = folderWith({ "parlance.yaml": "" });
  const path = join(folder, "parlance.yaml");
  const text = JSON.stringify({
    auth: { admin_key: { value: adminKey } },
    keys: [{ name: "dev", value: { value: devKey } }],
    providers: { sim: { kind: "sim" } },
    ...config,
  }).replaceAll("FOLDER", folder);
  writeFileSync(path, text);
  const running = startIn(["serve", "--port", "0", "--log", log, "--config", path]);
  const url = await said(running, /listens on (\S+)/);
  const level = async (args: readonly string[], key = adminKey) => {
    const { code, stdout, stderr } = await runIn([
      "log-level",
      ...args,
      "--url",
      url,
      "--key",
      key,
    ]);
    return code === 0 ? stdout.trim() : `${code} ${stderr.trim()}`;
  };
  return { running, level, url };
}

async function said({ printed }: Running, pattern: RegExp): Promise<string> {
  return vi.waitUntil(() => pattern.exec(printed.stderr)?.[1], { timeout: 50_000 });
}

async function stop({ running }: { readonly running: Running }): Promise<void> {
  running.signal("SIGINT");
  await running.ran;
}

describe("parlance log-level", { timeout: 60_000 }, () => {
  it("sets the level of a gateway until a reload, and tells the log and the audit", async () => {
    const store = { sqlite: { path: "FOLDER/parlance.db" } };
    const gateway = await serving({ store }, "json");
    const { running, level } = gateway;
    expect(await level([])).toBe("info");
    expect(await level(["error", "--for", "10m"])).toMatch(/^error until \S+Z \(config: info\)$/);
    expect(await level([], devKey)).toContain("GetLogLevel");
    const transport = await connectWith(gateway.url, adminKey);
    const models = createClient(ModelService, transport);
    await models.createModel({ model: { name: "made", targets: [{ model: "sim/echo" }] } });
    expect(await level([])).toMatch(/^error until/);

    const { entries } = await createClient(AuditService, transport).listAuditEntries({});
    const [change] = entries.filter(({ objectKind }) => objectKind === "log");
    expect(change).toMatchObject({ action: "log.set_level", beforeJson: '{"level":"INFO"}' });
    expect(JSON.parse(change?.afterJson ?? "")).toMatchObject({ level: "ERROR" });

    running.signal("SIGHUP");
    await said(running, /(is in force)/);
    expect(await level([])).toBe("info");
    expect(await level(["debug"])).toBe("debug (config: info)");
    expect(await level(["config"])).toBe("info");
    await stop(gateway);
    expect(running.printed.stdout).toMatch(/"event":"log_level_set".*is ERROR until/);
  });

  it("is refused where there is no log, and to those who are no admins", async () => {
    const gateway = await serving({}, "none");
    expect(await gateway.level(["debug"])).toContain("this gateway writes no log");
    expect(await gateway.level(["debug"], devKey)).toContain("it needs the role ADMIN");
    await stop(gateway);
  });

  const mistakes: readonly (readonly [args: readonly string[], message: string])[] = [
    [["verbose"], "unknown level verbose: use debug, info, warn, error, off, config"],
    [["--for", "1h"], "--for goes with a level"],
    [["config", "--for", "1h"], "--for goes with a level"],
    [["debug", "--for", "soon"], "--for soon is no time: write 90s, 30m, 2h or 3d"],
  ];
  it.each(mistakes)("says what is wrong with %j", async (args, message) => {
    const { code, stderr } = await runIn(["log-level", ...args]);
    expect([code, stderr]).toEqual([
      2,
      `parlance log-level: ${message}\nRun: parlance log-level --help\n`,
    ]);
  });
});
