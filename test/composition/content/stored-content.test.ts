import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { pageContent } from "../../../src/store/content/read-content.ts";
import { openEngine } from "../../../src/store/engine/engine.ts";
import { runIn } from "../../cli/shell.ts";
import { readLedger, scratchFolder, startStoring } from "../../store/store-gateway.ts";
import { allContent, filesWith, masterKey, post, readContent, vaultOf } from "./content-gateway.ts";

const marked = "zebra-4711-quince";
const chatBody = (text: string, more: object = {}) => ({
  model: "fast",
  user: "eve",
  messages: [{ role: "user", content: text }],
  ...more,
});

async function storing(more: object) {
  const folder = scratchFolder();
  const path = join(folder, "parlance.db");
  const { gateway, notices } = await startStoring({ sqlite: { path } }, more);
  const chat = (text: string, body: object = {}) =>
    post(gateway.url, "/v1/chat/completions", chatBody(text, body));
  const address = { kind: "sqlite", path } as const;
  return { folder, gateway, notices, chat, address };
}

const metricsOf = async (url: string) =>
  (await (await fetch(`${url}/metrics`, { headers: { authorization: "Bearer a" } })).text())
    .split("\n")
    .filter((line) => line.startsWith("parlance_content"));

describe("stored content", () => {
  it("is nothing unless the config says so", async () => {
    const { folder, gateway, chat, address } = await storing({
      privacy: { master_key: masterKey("0a") },
    });
    expect(await chat(marked)).toContain(marked);
    await chat(marked, { stream: true });
    await gateway.close();
    expect(await readLedger(address)).toHaveLength(2);
    expect(await readContent(address)).toEqual([]);
    expect(filesWith(folder, marked)).toEqual([]);
  });

  it("is what was said in each operation, and in no file in plain text", async () => {
    const { folder, gateway, notices, chat, address } = await storing({ privacy: allContent });
    await chat(marked);
    await chat(marked, { stream: true });
    const { url } = gateway;
    await post(url, "/v1/embeddings", { model: "sim/embed", input: [marked, "other"] });
    const documents = ["a", marked];
    await post(url, "/v1/rerank", { model: "sim/rerank", query: marked, documents });
    await post(url, "/v1/moderations", { model: "sim/echo", input: marked });
    await post(url, "/v1/messages/count_tokens", {
      model: "fast",
      messages: [{ role: "user", content: marked }],
    });
    await gateway.close();
    const contents = await readContent(address);
    expect(await readLedger(address)).toHaveLength(6);
    expect(contents.map(({ messages }) => messages.map(({ text }) => text))).toEqual([
      [marked],
      [marked],
      [marked, "other"],
      [marked, "a", marked],
      [marked],
      [marked],
    ]);
    expect(contents.map(({ answer }) => answer)).toEqual([
      expect.stringContaining(marked),
      expect.stringContaining(marked),
      "[2 embeddings]",
      expect.stringContaining("results"),
      expect.stringContaining("results"),
      expect.stringContaining("inputTokens"),
    ]);
    expect(contents[1]).toEqual(contents[0]);
    expect(filesWith(folder, marked)).toEqual([]);
    expect(filesWith(folder, "eve").length).toBeGreaterThan(0);
    expect(notices).toEqual([]);
  });

  it("is redacted by guards that mask, before it is cut", async () => {
    const { folder, gateway, chat, address } = await storing({
      guards: [{ name: "pii", pii: { kinds: ["EMAIL"] }, action: "MASK" }],
      privacy: { ...allContent, content: { redact: ["pii"], max_bytes: 24 } },
    });
    const answer = await chat("I am ada.lovelace@example.com, who are you?");
    expect(answer).toContain("ada.lovelace@example.com");
    await chat(`${"x".repeat(20)} eve@example.com ${"y".repeat(20_000)}`);
    await gateway.close();
    const [short, long] = await readContent(address);
    expect(short?.messages[0]?.text).toBe("I am [EMAIL], who are yo");
    expect(short?.answer).toMatch(/\[EMAIL\]/);
    expect(long?.messages[0]?.text).toBe("x".repeat(16));
    expect(long?.cut).toBe(true);
    expect(filesWith(folder, "lovelace@")).toEqual([]);
  });

  it("is that of the teams that say so, and of as many calls as they say", async () => {
    const { gateway, chat, address } = await storing({
      teams: [{ name: "support", content: { sample_percent: 50 } }],
      privacy: { master_key: masterKey("0a"), content: { sample_percent: 0 } },
    });
    for (let at = 0; at < 40; at += 1) await chat(`${marked} ${at}`);
    await gateway.close();
    const stored = await readContent(address);
    expect(stored.length).toBeGreaterThan(4);
    expect(stored.length).toBeLessThan(36);
  });

  it("cannot be read by another master key, nor once it was changed", async () => {
    const { gateway, chat, address } = await storing({ privacy: allContent });
    await chat(marked);
    await gateway.close();
    await expect(readContent(address, await vaultOf("0b"))).rejects.toThrow(
      "add it to privacy.previous_master_keys",
    );
    expect(await readContent(address, await vaultOf("0b", "0a"))).toHaveLength(1);
  });

  it("is read by a new master key alone once its keys were rotated, and stays as it is", async () => {
    const { folder, gateway, chat, address } = await storing({ privacy: allContent });
    await chat(marked);
    await chat(marked, { user: "adam" });
    await gateway.close();
    const rowsOf = async () => {
      const engine = await openEngine(address, () => undefined);
      const { contents } = await pageContent(engine, { limit: 9 });
      await engine.close();
      return contents.map(({ sealed }) => sealed);
    };
    const before = await rowsOf();
    const rotate = (privacy: object) => {
      const path = join(folder, "rotate.yaml");
      const store = { sqlite: { path: address.path } };
      writeFileSync(path, JSON.stringify({ store, providers: { sim: { kind: "sim" } }, privacy }));
      return runIn(["privacy", "rotate", "--config", path]);
    };
    expect(await rotate({ master_key: masterKey("0b") })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/3 data keys need the master key local:[0-9a-f]+: add it to/),
    });
    const both = { master_key: masterKey("0b"), previous_master_keys: [masterKey("0a")] };
    const rotated = { code: 0, stdout: expect.stringContaining("3 data keys are wrapped by") };
    expect(await rotate(both)).toMatchObject(rotated);
    expect(await rotate(both)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^0 data/) });
    expect(await rowsOf()).toEqual(before);
    expect(await readContent(address, await vaultOf("0b"))).toHaveLength(2);
    await expect(readContent(address, await vaultOf("0a"))).rejects.toThrow("is not in the config");
  });

  it("is dropped and counted where it cannot be redacted, and calls go on", async () => {
    const { gateway, notices, chat, address } = await storing({
      auth: { admin_key: { value: "a" } },
      guards: [
        {
          name: "far",
          action: "MASK",
          webhook: { url: "http://127.0.0.1:9/check" },
          timeout: "1s",
        },
      ],
      privacy: { ...allContent, content: { redact: ["far"] } },
    });
    expect(await chat(marked)).toContain(marked);
    await expect
      .poll(() => metricsOf(gateway.url))
      .toContain('parlance_content_dropped_total{reason="redaction"} 1');
    await gateway.close();
    expect(await readContent(address)).toEqual([]);
    expect(await readLedger(address)).toHaveLength(1);
    expect(notices.map(({ event }) => event)).toContain("content_dropped");
  });
});
