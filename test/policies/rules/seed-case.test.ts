import { readFileSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { startGateway } from "../../../src/serve.ts";
import { startScriptedVendor } from "../routing/scripted-vendor.ts";

const long = "Compare these two contracts clause by clause and list what differs. ".repeat(20);

describe("the rules of examples/config/rules.yaml", () => {
  it("tell short, reasoning and German questions apart", async () => {
    const [openai, house] = [await startScriptedVendor(), await startScriptedVendor()];
    const config = readFileSync("examples/config/rules.yaml", "utf8")
      .replace("kind: openai,", `kind: openai, base_url: "${openai.url}",`)
      .replace("http://127.0.0.1:8000/v1", house.url);
    const gateway = await startGateway({
      port: 0,
      config,
      env: { OPENAI_API_KEY: "key" },
      world: { record: () => undefined },
    });
    onTestFinished(() => gateway.close());
    const ask = async (text: string, more: object = {}) => {
      const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          model: "big",
          messages: [{ role: "user", content: text }],
          ...more,
        }),
      });
      expect(reply.status).toBe(200);
      return [reply.headers.get("x-parlance-rule"), reply.headers.get("x-parlance-target")];
    };
    expect(await ask("What is the capital of France?")).toEqual(["short", "openai/gpt-5-nano"]);
    expect(await ask("What is 17 times 23?", { reasoning_effort: "high" })).toEqual([
      "reasoning",
      "openai/gpt-5",
    ]);
    expect(await ask("Wie spät ist es gerade in Berlin?")).toEqual([
      "german",
      "house/llama-3.3-70b",
    ]);
    expect(await ask(long)).toEqual([null, "openai/gpt-5"]);
    expect(openai.models).toEqual(["gpt-5-nano", "gpt-5", "gpt-5"]);
  });
});
