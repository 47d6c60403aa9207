import { describe, expect, it, onTestFinished } from "vitest";
import { startAnthropicVendor } from "../../vendors/anthropic/start-anthropic-vendor.ts";
import { startBedrockVendor } from "../../vendors/bedrock/start-bedrock-vendor.ts";
import { startOpenAiVendor } from "../../vendors/openai/start-openai-vendor.ts";
import { startGateway } from "./start-gateway.ts";

const words = "The quick brown fox jumps over the lazy dog. ".repeat(120);
const system = { role: "system", content: words };
const question = { role: "user", content: "Why?" };

const credentials = { keyId: "AKID", secret: "secret", region: "us-east-1", service: "bedrock" };

const aws = {
  region: credentials.region,
  access_key_id: { value: credentials.keyId },
  secret_access_key: { value: credentials.secret },
};

interface Sending {
  readonly promptCache?: object | undefined;
  readonly path?: string;
  readonly body: object;
}

/** Starts a gateway before vendors and sends it requests; gives what the vendor got. */
async function setUp() {
  const anthropic = await startAnthropicVendor();
  const bedrock = await startBedrockVendor(credentials);
  const openai = await startOpenAiVendor();
  for (const vendor of [anthropic, bedrock, openai]) onTestFinished(() => vendor.close());
  const api_key = { value: "k" };
  return async (target: string, { promptCache, path, body }: Sending) => {
    const gateway = await startGateway({
      providers: {
        claude: { kind: "anthropic", base_url: anthropic.url, api_key },
        bedrock: { kind: "bedrock", base_url: bedrock.url, aws },
        openai: { kind: "openai", base_url: `${openai.url}/v1`, api_key },
      },
      models: [
        {
          name: "m",
          targets: [{ model: target }],
          ...(promptCache && { prompt_cache: promptCache }),
        },
      ],
    });
    const response = await fetch(`${gateway.url}${path ?? "/v1/chat/completions"}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "m", ...body }),
    });
    expect([response.status, await response.text()]).toEqual([200, expect.any(String)]);
    const vendor = { claude: anthropic, bedrock, openai }[target.split("/")[0] ?? ""];
    return {
      sent: vendor?.requests.at(-1)?.json as Readonly<Record<string, unknown>>, // what a vendor read
      fidelity: response.headers.get("x-parlance-fidelity") ?? "",
    };
  };
}

const claude = "claude/claude-sonnet-4-5";

describe("marks for the vendor's prompt cache", () => {
  it("are set behind the instructions and at the end for Anthropic", async () => {
    const send = await setUp();
    const body = { messages: [system, question] };
    const { sent, fidelity } = await send(claude, { promptCache: {}, body });
    expect(sent).toMatchObject({
      cache_control: { type: "ephemeral" },
      system: [{ type: "text", text: words, cache_control: { type: "ephemeral" } }],
    });
    expect(fidelity).toContain("cache=EMULATED");
  });

  it("are cache points at Bedrock, for an hour where the config says so", async () => {
    const send = await setUp();
    const { sent } = await send("bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0", {
      promptCache: { ttl: "3600s" },
      body: { messages: [system, question] },
    });
    const point = { cachePoint: { type: "default", ttl: "1h" } };
    expect(sent).toMatchObject({
      system: [{ text: words }, point],
      messages: [{ role: "user", content: [{ text: "Why?" }, point] }],
    });
  });

  it("are set for clients of the vendor's own dialect too", async () => {
    const send = await setUp();
    const { sent } = await send(claude, {
      promptCache: {},
      path: "/v1/messages",
      body: { max_tokens: 9, system: words, messages: [question] },
    });
    expect(sent).toMatchObject({ cache_control: { type: "ephemeral" } });
  });

  const mark = { cache_control: { type: "ephemeral" } };
  const marked = { role: "user", content: [{ type: "text", text: words, ...mark }] };
  const untouched: readonly (readonly [title: string, target: string, sending: Sending])[] = [
    ["without prompt_cache", claude, { body: { messages: [system, question] } }],
    [
      "a prompt that is shorter than min_tokens",
      claude,
      { promptCache: { min_tokens: 9000 }, body: { messages: [system, question] } },
    ],
    [
      "a prompt in which the caller marks something",
      claude,
      { promptCache: {}, body: { messages: [system, marked] } },
    ],
    [
      "a vendor that caches by itself",
      "openai/gpt-4.1",
      { promptCache: {}, body: { messages: [system, question] } },
    ],
  ];
  for (const [title, target, sending] of untouched)
    it(`are not set by the gateway: ${title}`, async () => {
      const send = await setUp();
      const { sent, fidelity } = await send(target, sending);
      expect(sent).not.toHaveProperty("cache_control");
      expect(fidelity).not.toContain("EMULATED");
    });

  it("count the tools as part of the prompt", async () => {
    const send = await setUp();
    const tool = {
      type: "function",
      function: { name: "f", description: words, parameters: { type: "object", properties: {} } },
    };
    const body = { messages: [question], tools: [tool] };
    const { sent } = await send(claude, { promptCache: {}, body });
    expect(sent).toMatchObject({ cache_control: { type: "ephemeral" } });
  });

  it("leave on the record what they saved", async () => {
    const anthropic = await startAnthropicVendor({ defaultScenario: "usage" });
    onTestFinished(() => anthropic.close());
    const gateway = await startGateway({
      providers: {
        claude: { kind: "anthropic", base_url: anthropic.url, api_key: { value: "k" } },
      },
      models: [{ name: "m", targets: [{ model: claude }], prompt_cache: {} }],
    });
    await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "m", messages: [system, question] }),
    });
    const [record] = await gateway.recorded(1);
    expect(record?.usage).toMatchObject({ cacheReadTokens: 4096n, cacheWrite1hTokens: 512n });
    // At 3 dollars a million, a tenth of it for reading, and for writing a quarter more, or twice
    // as much for an hour.
    expect(record?.promptCacheSaved).toBe(4096n * 2_700n - 1024n * 750n - 512n * 3_000n);
  });
});
