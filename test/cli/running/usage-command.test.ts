import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startGateway } from "../../../src/serve.ts";
import { runIn } from "../shell.ts";

test("sums the calls of a running gateway in a table, and as JSON", async () => {
  const folder = mkdtempSync(join(tmpdir(), "usage-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const gateway = await startGateway({
    config: `
server: { port: 0 }
auth: { admin_key: { value: sk-admin } }
store: { sqlite: { path: ${join(folder, "parlance.db")} } }
providers: { sim: { kind: sim } }
keys: [{ name: dev, value: { value: sk-dev } }]
`,
  });
  onTestFinished(() => gateway.close());
  await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: "Bearer sk-dev", "content-type": "application/json" },
    body: JSON.stringify({ model: "sim/echo", messages: [{ role: "user", content: "hi" }] }),
  }).then((reply) => reply.text());
  const usage = (...more: readonly string[]) =>
    runIn(["usage", "--url", gateway.url, "--key", "sk-admin", "--since", "2h", ...more]);
  await expect
    .poll(async () => (await usage("--by", "key")).stdout)
    .toMatch(/^KEY {2}CALLS {2}FAILED {2}INPUT {2}OUTPUT {2}COST USD {2}UNPRICED\ndev {2}1 /);
  expect((await usage("--each", "day")).stdout).toMatch(/^FROM .*\n\d{4}-\d\d-\d\dT00:00 {2}1 /);
  const { sums } = JSON.parse((await usage("--by", "model", "--json")).stdout);
  expect(sums).toMatchObject([{ value: "sim/echo", calls: "1" }]);
  for (const [format, head] of [
    ["csv", /^call_id,end_time,.*\r\n.*,sim\/echo,/],
    ["focus", /^BilledCost,BillingAccountId,.*\r\n.*,sim\/echo,/],
    ["jsonl", /^\{"callId":.*\}\n$/],
  ] as const)
    expect((await usage("export", "--format", format)).stdout).toMatch(head);
  const own = await runIn(["usage", "--url", gateway.url, "--key", "sk-dev"]);
  expect(own).toMatchObject({ code: 0, stderr: "" });
  const wrong = await runIn(["usage", "--url", gateway.url, "--key", "sk-none"]);
  expect(wrong).toMatchObject({ code: 1, stdout: "" });
});

test.each([
  [["--by", "modle"], "--by modle is not known; did you mean model?: use total, organization"],
  [["--since", "yesterday"], "--since yesterday is no time: write 90s, 30m, 2h or 3d"],
  [["--top", "0"], "--top 0 is no number from 1 to 9999"],
  [["--each", "week"], "--each week is not known"],
  [["exprot"], "the action exprot is not known; did you mean export?"],
  [["export", "--format", "xml"], "--format xml is not known: use csv, jsonl, focus, records"],
  [["export", "--since", "2026-12-01", "--until", "2026-11-01"], "--since must be before --until"],
])("says what is wrong with %s", async (args, message) => {
  const ran = await runIn(["usage", ...args]);
  expect(ran).toMatchObject({ code: 2, stdout: "" });
  expect(ran.stderr).toContain(`parlance usage: ${message}`);
});
