import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { adminKey, startTenantGateway } from "../../composition/tenants/tenant-gateway.ts";
import { scratchFolder } from "../../store/store-gateway.ts";
import { runIn } from "../shell.ts";

describe("parlance privacy", () => {
  it("erases a person of a running gateway, and a copy of its database by the receipt", async () => {
    const folder = scratchFolder();
    const path = join(folder, "parlance.db");
    const gateway = await startTenantGateway({ kind: "sqlite", path });
    expect(await gateway.chat(adminKey, { body: { user: "eve" } })).toBe(200);
    const privacy = (...words: string[]) =>
      runIn(["privacy", ...words, "--url", gateway.url, "--key", adminKey]);
    const exported = await privacy("export", "--end-user", "eve");
    expect(exported.stdout.split("\n").filter((line) => line.includes('"call"'))).toHaveLength(1);
    const planned = await privacy("erase", "--end-user", "eve", "--dry-run");
    expect(planned).toMatchObject({ code: 0, stdout: expect.stringContaining("CALLS") });
    expect(await privacy("erase", "--end-user", "eve")).toMatchObject({ code: 0, stderr: "" });
    const receipts = await privacy("receipts");
    expect(receipts.stdout).toMatch(/^\{"id":.*\}\n$/);
    expect(receipts.stdout).not.toContain("eve");
    await gateway.close();
    const [file, config] = [join(folder, "receipts.jsonl"), join(folder, "parlance.yaml")];
    writeFileSync(file, receipts.stdout);
    writeFileSync(config, `store: { sqlite: { path: "${path}" } }\n`);
    const reapplied = await runIn(["privacy", "reapply", file, "--config", config]);
    expect(reapplied).toMatchObject({
      code: 0,
      stdout: "1 receipts: 0 persons were erased again\n",
    });
    writeFileSync(file, '{"eve":1}\n');
    const refused = await runIn(["privacy", "reapply", file, "--config", config]);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("line 1 is no receipt"),
    });
    expect(refused.stderr).not.toContain("eve");
  });

  it.each([
    [["forget"], "unknown action forget"],
    [["erase"], "takes --user ID or --end-user NAME"],
    [["export", "--user", "a", "--end-user", "b"], "takes --user ID or --end-user NAME"],
    [["reapply"], "takes a FILE"],
    [["receipts", "x"], "takes no FILE"],
  ])("refuses %j", async (words, why) => {
    const ran = await runIn(["privacy", ...words]);
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining(why) });
  });
});
