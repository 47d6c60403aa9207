import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { type RunningGateway, startGateway } from "../../src/serve.ts";
import { runIn } from "../cli/shell.ts";
import { alertQueries, panelQueries } from "../observe/deployed-queries.ts";

const page = readFileSync("docs/operations.md", "utf8");
const config = /^```yaml\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? "";
const adminKey = "admin-key-0123456789";

describe("the page on operations", () => {
  it("has a section for each alert, and none for others", () => {
    const sections = [...page.matchAll(/^### (Parlance\w+)$/gm)].map(([, name]) => name);
    expect(sections).toEqual(alertQueries().map(({ place }) => place));
  });

  it("names panels that there are", () => {
    const titles = panelQueries().map(({ place }) => place);
    const text = page.replaceAll(/^```[\s\S]*?^```$/gm, "").replaceAll(/`[^`]*`/g, "");
    const quoted = [...text.matchAll(/"([A-Z][^"]+)"/g)].map(([, title = ""]) => title);
    const named = quoted.map((title) => title.replaceAll(/\s+/g, " "));
    expect(named.length).toBeGreaterThan(15);
    for (const title of named)
      expect([title, titles.some((one) => one.includes(title))]).toEqual([title, true]);
  });

  it("names a test for each thing that may be down, which there is", () => {
    const [, table = ""] = /\n\| Down \|[^\n]*\n\|---[^\n]*\n((?:\|[^\n]*\n)+)/.exec(page) ?? [];
    const rows = table.trimEnd().split("\n");
    expect(rows.length).toBeGreaterThan(18);
    for (const row of rows) {
      const [, file = "", title = ""] = /\| `(test\/[^`]+)`: ([^|]+) \|$/.exec(row) ?? [];
      const known = existsSync(file) && readFileSync(file, "utf8").includes(title);
      expect([row, file !== "" && known]).toEqual([row, true]);
    }
  });

  it("has a configuration that loads without a warning", () => {
    const env = { PARLANCE_ADMIN_KEY: adminKey };
    const loaded = loadConfig({ text: config, filename: "p.yaml" }, env, () => "");
    expect(loaded.ok ? loaded.warnings : loaded.violations).toEqual([]);
  });
});

/** Runs a line of the page: our commands in this process, others by a shell. */
async function runLine(line: string, url: string): Promise<string> {
  const env = { PARLANCE_URL: url, PARLANCE_KEY: adminKey };
  if (!line.startsWith("parlance ")) {
    const options = { env: { ...env, PATH: process.env.PATH } };
    const { stdout } = await promisify(execFile)("sh", ["-c", line], options);
    return stdout;
  }
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, quoted, word]) => quoted ?? word ?? "",
  );
  const args = words.slice(1).map((word) => (word === "$PARLANCE_URL" ? url : word));
  const { code, stdout, stderr } = await runIn(args, { env });
  expect([line, code, stderr]).toEqual([line, 0, ""]);
  return stdout;
}

/** The blocks of commands of an incident. */
function blocksOf(incident: string): readonly (readonly string[])[] {
  const block = new RegExp(`<!-- incident: ${incident} -->\n\`\`\`sh\n([\\s\\S]*?)\`\`\``, "g");
  return [...page.matchAll(block)].map(([, text = ""]) => text.trim().split("\n"));
}

/** Runs a block; gives what each line printed. */
async function runBlock(lines: readonly string[] = [], url = ""): Promise<readonly string[]> {
  const printed: string[] = [];
  for (const line of lines) printed.push(await runLine(line, url));
  return printed;
}

interface Chat {
  readonly key?: string;
  readonly user?: string;
}

async function chat({ url }: RunningGateway, { key = adminKey, user }: Chat = {}) {
  const body = { model: "fast", user, messages: [{ role: "user", content: "Hello" }] };
  const reply = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  });
  await reply.text();
  return { status: reply.status, target: reply.headers.get("x-parlance-target") ?? "" };
}

describe("what the page does about", () => {
  const folder = mkdtempSync(join(tmpdir(), "operations-"));
  let gateway: RunningGateway;
  beforeAll(async () => {
    const text = config.replace("./data", folder).replace("0.3s", "0.01s");
    gateway = await startGateway({ config: text, port: 0, env: { PARLANCE_ADMIN_KEY: adminKey } });
  });
  afterAll(async () => {
    await gateway.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("a slow vendor finds its target, takes it out and back", async () => {
    expect(await chat(gateway)).toMatchObject({ status: 200, target: "near/echo" });
    const [first, second] = blocksOf("slow vendor");
    const [times, list, before, , after] = await runBlock(first, gateway.url);
    expect(times).toContain('target="near/echo"');
    expect(list).toMatch(/fast +near\/echo/);
    expect(before).toMatch(/^1\S* +near\/echo/m);
    expect(after).toMatch(/^1\S* +far\/echo/m);
    expect((await chat(gateway)).target).toBe("far/echo");
    await runBlock(second, gateway.url);
    expect((await chat(gateway)).target).toBe("near/echo");
  });

  it("a leaked key finds it, refuses it at once, and lets its owner in again", async () => {
    const made = await runLine("parlance key create shop --json", gateway.url);
    const { value }: { value: string } = JSON.parse(made);
    for (let sent = 0; sent < 3; sent += 1) await chat(gateway, { key: value });
    const [first, second] = blocksOf("leaked key");
    await expect.poll(() => runLine("parlance usage --by key", gateway.url)).toMatch(/shop +3/);
    const [sums, addresses] = await runBlock(first, gateway.url);
    expect(sums).toContain("shop");
    expect(addresses).toContain('"clientAddress":"127.0.0.1"');
    expect((await chat(gateway, { key: value })).status).toBe(403);
    const [rotated = "", , , audit, calls] = await runBlock(second, gateway.url);
    const another = /sk-[\w-]{20,}/.exec(rotated)?.[0] ?? "";
    expect((await chat(gateway, { key: value })).status).toBe(401);
    expect((await chat(gateway, { key: another })).status).toBe(200);
    expect(audit?.trim().split("\n").length).toBeGreaterThan(3);
    expect(calls?.trim().split("\n").length).toBeGreaterThan(3);
  });

  it("a runaway customer finds it, bounds it, and stops it, while others go on", async () => {
    for (let sent = 0; sent < 3; sent += 1) await chat(gateway, { user: "acme" });
    const [first, second = []] = blocksOf("runaway customer");
    const customers = () => runLine("parlance usage --by end-user", gateway.url);
    await expect.poll(customers).toMatch(/acme +3/);
    const [sums, hours] = await runBlock(first, gateway.url);
    expect(sums).toMatch(/acme +3/);
    expect(hours).toContain("acme");
    const statuses = [await chat(gateway, { user: "acme" }), await chat(gateway, { user: "acme" })];
    expect(statuses.map(({ status }) => status)).toEqual([200, 429]);
    expect((await chat(gateway, { user: "other" })).status).toBe(200);
    const [block = "", unblock = ""] = second;
    await runLine(block, gateway.url);
    expect((await chat(gateway, { user: "acme" })).status).toBe(403);
    await runLine(unblock, gateway.url);
    expect((await chat(gateway, { user: "acme" })).status).toBe(429);
  });
});
