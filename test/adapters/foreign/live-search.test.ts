import { describe, expect, it } from "vitest";
import { startGateway } from "../../policies/emulation/start-gateway.ts";
import { sendJson, startShapedVendor } from "../../policies/emulation/start-shaped-vendor.ts";

const messages = [{ role: "user", content: "cats?" }];
const rows = [
  ["xai", "grok-4", { search_parameters: { mode: "on" } }, "/responses", /"type":"web_search"/],
  ["xai", "grok-4", { web_search_options: {} }, "/responses", /"type":"web_search"/],
  ["xai", "grok-4", { search_parameters: { mode: "off" } }, "/chat/completions", /^(?!.*search)/],
  ["xai", "grok-4", {}, "/chat/completions", /^(?!.*search)/],
  [
    "openrouter",
    "openai/gpt-4.1",
    { search_parameters: { mode: "auto", sources: [{ type: "web" }] } },
    "/chat/completions",
    /"web_search_options":\{\}/,
  ],
  [
    "anthropic",
    "claude-sonnet-4-5",
    { search_parameters: { mode: "auto" } },
    "/v1/messages",
    /"type":"web_search_20250305"/,
  ],
] as const;

describe("a search that a client of Chat Completions wants in xAI's former words", () => {
  for (const [kind, model, members, path, sent] of rows) {
    it(`${JSON.stringify(members)} is sent to ${kind} at ${path}`, async () => {
      const vendor = await startShapedVendor((_, response) =>
        sendJson(response, { error: { message: "seen" } }, 400),
      );
      const gateway = await startGateway({
        providers: { v: { kind, base_url: vendor.url, api_key: { value: "k" } } },
      });
      await fetch(`${gateway.url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: `v/${model}`, messages, ...members }),
      });
      expect(vendor.seen[0]?.path).toBe(path);
      expect(vendor.seen[0]?.body).toMatch(sent);
      expect(vendor.seen[0]?.body).not.toContain("search_parameters");
    });
  }
});
