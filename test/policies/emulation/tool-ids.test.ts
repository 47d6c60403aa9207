import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { startGateway } from "./start-gateway.ts";
import { sendJson, startShapedVendor } from "./start-shaped-vendor.ts";

const foreign = `call_1__ts_${"Q".repeat(300)}`;

describe("ids of another vendor's tool calls", () => {
  for (const [kind, valid] of [
    ["openai", /^.{1,40}$/],
    ["mistral", /^[A-Za-z0-9]{9}$/],
  ] as const) {
    it(`reach ${kind} rewritten, call and result alike, though the caller speaks its dialect`, async () => {
      const vendor = await startShapedVendor((_request, response) =>
        sendJson(response, {
          id: "c",
          object: "chat.completion",
          created: 1,
          model: "m",
          choices: [
            { index: 0, message: { role: "assistant", content: "done" }, finish_reason: "stop" },
          ],
        }),
      );
      const gateway = await startGateway({
        providers: { v: { kind, base_url: `${vendor.url}/v1`, api_key: { value: "k" } } },
      });
      const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
      const call = {
        id: foreign,
        type: "function" as const,
        function: { name: "f", arguments: "{}" },
      };
      const { response } = await client.chat.completions
        .create({
          model: "v/m",
          messages: [
            { role: "user", content: "go" },
            { role: "assistant", tool_calls: [call] },
            { role: "tool", tool_call_id: foreign, content: "42" },
          ],
        })
        .withResponse();
      const { messages } = JSON.parse(vendor.seen[0]?.body ?? "{}");
      expect(messages[1].tool_calls[0].id).toMatch(valid);
      expect(messages[2].tool_call_id).toBe(messages[1].tool_calls[0].id);
      expect(response.headers.get("x-parlance-fidelity")).toContain("tool_call_id=MAPPED");
    });
  }
});
