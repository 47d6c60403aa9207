import { describe, expect, it } from "vitest";
import { startGateway } from "../policies/emulation/start-gateway.ts";
import { sendJson, startShapedVendor } from "../policies/emulation/start-shaped-vendor.ts";

const JPEG = "/9j/4AAQ";

interface Own {
  readonly kind: string;
  readonly model: string;
  readonly path: string;
  readonly body: object;
  readonly sent: string;
}

const data = `data:image/jpg;base64,${JPEG}`;
const rows: Readonly<Record<string, Own>> = {
  "Chat Completions": {
    kind: "openai_compatible",
    model: "any",
    path: "/v1/chat/completions",
    body: {
      messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: data } }] }],
    },
    sent: `data:image/jpeg;base64,${JPEG}`,
  },
  Responses: {
    kind: "openai_responses_compatible",
    model: "gpt-4.1",
    path: "/v1/responses",
    body: { input: [{ role: "user", content: [{ type: "input_image", image_url: data }] }] },
    sent: `data:image/jpeg;base64,${JPEG}`,
  },
  Messages: {
    kind: "anthropic",
    model: "claude-sonnet-4-5",
    path: "/v1/messages",
    body: {
      max_tokens: 9,
      messages: [
        {
          role: "user",
          content: [
            { type: "image", source: { type: "base64", media_type: "image/jpg", data: JPEG } },
          ],
        },
      ],
    },
    sent: '"media_type":"image/jpeg"',
  },
  "Google's API": {
    kind: "gemini",
    model: "gemini-2.5-flash",
    path: "/v1beta/models/v/gemini-2.5-flash:generateContent",
    body: {
      contents: [{ role: "user", parts: [{ inlineData: { mimeType: "image/jpg", data: JPEG } }] }],
    },
    sent: '"mimeType":"image/jpeg"',
  },
  "Google's API, with a union that does not stand alone": {
    kind: "gemini",
    model: "gemini-2.5-flash",
    path: "/v1beta/models/v/gemini-2.5-flash:generateContent",
    body: {
      contents: [{ role: "user", parts: [{ text: "hi" }] }],
      tools: [
        {
          functionDeclarations: [
            {
              name: "f",
              parameters: {
                type: "OBJECT",
                properties: {
                  a: { description: "An a.", anyOf: [{ type: "STRING" }, { type: "NUMBER" }] },
                },
              },
            },
          ],
        },
      ],
    },
    sent: '{"a":{"anyOf":[{"type":"STRING","description":"An a."},{"type":"NUMBER"}]}}',
  },
};

describe("a client's own dialect, written as its vendor takes it", () => {
  for (const [title, { kind, model, path, body, sent }] of Object.entries(rows)) {
    it(title, async () => {
      const vendor = await startShapedVendor((_, response) =>
        sendJson(response, { error: { message: "seen" } }, 400),
      );
      const gateway = await startGateway({
        providers: { v: { kind, base_url: vendor.url, api_key: { value: "k" } } },
      });
      await fetch(`${gateway.url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-parlance-strict": "true" },
        body: JSON.stringify({ model: `v/${model}`, ...body }),
      });
      expect(vendor.seen[0]?.body).toContain(sent);
    });
  }
});
