import { describe, expect, it } from "vitest";
import { bedrockConverse } from "../../../src/adapters/bedrock-converse/index.ts";
import { ollama } from "../../../src/adapters/ollama/index.ts";
import { openAiChat } from "../../../src/adapters/openai-chat/index.ts";
import type { Dialect } from "../../../src/core/dialect.ts";
import { anyModel, withGatewayFates } from "../../../src/core/fidelity/gateway-fates.ts";

const emulated = /gateway|in several/;

describe("a table with what the gateway does in place of the vendor", () => {
  const cases: readonly (readonly [
    title: string,
    dialect: Dialect,
    operation: "chat" | "embed",
    quirks: Readonly<Record<string, unknown>>,
    path: string,
    words: readonly string[],
  ])[] = [
    ["asks several times for n", ollama, "chat", {}, "n", ["mapped", "refused", "emulated"]],
    [
      "fetches pictures",
      ollama,
      "chat",
      {},
      "messages[].parts[].image.url",
      ["refused", "emulated"],
    ],
    [
      "fetches documents",
      openAiChat,
      "chat",
      {},
      "messages[].parts[].document.url",
      ["refused", "emulated"],
    ],
    ["splits inputs", bedrockConverse, "embed", {}, "inputs", ["emulated"]],
  ];
  for (const [title, dialect, operation, quirks, path, words] of cases) {
    it(`${title} of ${dialect.name}, beside what the dialect declares`, () => {
      const model = operation === "embed" ? "amazon.titan-embed-text-v2:0" : "";
      const fate = withGatewayFates(dialect, operation, { model, quirks })[path] ?? {};
      expect(Object.keys(fate)).toEqual(expect.arrayContaining([...words]));
      expect(fate.emulated).toMatch(emulated);
    });
  }

  it("is the dialect's own where the vendor does all by itself", () => {
    expect(withGatewayFates(openAiChat, "chat", anyModel).n).toEqual(
      openAiChat.fidelity.chat?.table.n,
    );
  });
});
