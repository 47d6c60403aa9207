import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { describe, expect, it, onTestFinished } from "vitest";
import { FieldOutcome } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { ChatService, CountMethod } from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { startAnthropicVendor } from "../../vendors/anthropic/start-anthropic-vendor.ts";
import { startGateway } from "./start-gateway.ts";
import { sendJson, startShapedVendor } from "./start-shaped-vendor.ts";

const messages = [
  {
    role: Role.USER,
    parts: [{ content: { case: "text", value: { text: "hello world" } } } as const],
  },
];

async function start() {
  const claude = await startAnthropicVendor({ apiKey: "k" });
  onTestFinished(() => claude.close());
  const bedrock = await startShapedVendor(({ path }, response) => {
    if (path.includes("claude-old")) sendJson(response, { inputTokens: 7 });
    else
      sendJson(response, { message: "The provided model doesn't support counting tokens." }, 400);
  });
  const other = await startShapedVendor((_request, response) => sendJson(response, {}, 500));
  const api_key = { value: "k" };
  const gateway = await startGateway({
    providers: {
      sim: { kind: "sim" },
      claude: { kind: "anthropic", base_url: claude.url, api_key },
      openai: { kind: "openai", base_url: `${other.url}/v1`, api_key },
      ollama: { kind: "ollama", base_url: other.url },
      cohere: { kind: "cohere", base_url: other.url, api_key },
      voyage: { kind: "voyage", base_url: `${other.url}/v1`, api_key },
      bedrock: { kind: "bedrock", base_url: bedrock.url, api_key, aws: { region: "us-east-1" } },
    },
  });
  const transport = createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" });
  return { gateway, other, bedrock, client: createClient(ChatService, transport) };
}

describe("tokens of a prompt", () => {
  it("are counted for every chat model, by its vendor where that can and by the gateway elsewhere", async () => {
    const { client, other, bedrock, gateway } = await start();
    const cases: readonly (readonly [
      model: string,
      method: CountMethod,
      tokens: bigint | undefined,
    ])[] = [
      ["sim/echo", CountMethod.VENDOR, undefined],
      ["claude/claude-sonnet-4-5", CountMethod.VENDOR, undefined],
      ["bedrock/anthropic.claude-old", CountMethod.VENDOR, 7n],
      ["bedrock/us.anthropic.claude-new", CountMethod.TOKENIZER, 9n],
      ["bedrock/meta.llama3-70b-instruct-v1:0", CountMethod.TOKENIZER, 9n],
      ["openai/gpt-5-mini", CountMethod.TOKENIZER, 9n],
      ["openai/gpt-4", CountMethod.TOKENIZER, 9n],
      ["ollama/llama3.2", CountMethod.TOKENIZER, 9n],
      ["cohere/command-a-03-2025", CountMethod.TOKENIZER, 9n],
    ];
    for (const [model, method, tokens] of cases) {
      const counted = await client.countTokens({ chat: { model, messages } });
      expect([model, counted.method]).toEqual([model, method]);
      if (tokens !== undefined) expect([model, counted.inputTokens]).toEqual([model, tokens]);
      const told = counted.report?.fidelity.some(
        ({ outcome }) => outcome === FieldOutcome.EMULATED,
      );
      expect([model, told]).toEqual([model, method === CountMethod.TOKENIZER]);
    }
    expect(other.seen).toHaveLength(0);
    expect(bedrock.seen).toHaveLength(2);
    expect(gateway.bugs).toEqual([]);
  });

  it("say whether the encoding is the model's own or an estimate", async () => {
    const { client } = await start();
    const note = async (model: string) =>
      (await client.countTokens({ chat: { model, messages } })).report?.fidelity[0]?.note;
    expect(await note("openai/gpt-4")).toContain("with cl100k_base, the model's encoding");
    expect(await note("ollama/llama3.2")).toContain("estimated in the gateway with o200k_base");
  });

  it("are counted for Anthropic's clients too, and said to be so in a header", async () => {
    const { gateway } = await start();
    const response = await fetch(`${gateway.url}/v1/messages/count_tokens`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "openai/gpt-5",
        messages: [{ role: "user", content: "hello world" }],
      }),
    });
    expect(await response.json()).toEqual({ input_tokens: 9 });
    expect(response.headers.get("x-parlance-fidelity")).toContain("messages=EMULATED");
    expect(await gateway.recorded(1)).toMatchObject([
      { operation: "count_tokens", attempts: [{ status: 0 }] },
    ]);
  });

  it("are refused for models that do not chat", async () => {
    const { client } = await start();
    await expect(
      client.countTokens({ chat: { model: "voyage/voyage-3.5", messages } }),
    ).rejects.toThrow("does not serve the operation count_tokens");
  });
});
