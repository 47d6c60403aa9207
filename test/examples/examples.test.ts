import { readdirSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { startGateway } from "../../src/serve.ts";
import { spawnProgram } from "../cli/spawn-parlance.ts";

async function gatewayUrl(): Promise<string> {
  const gateway = await startGateway({ port: 0 });
  onTestFinished(gateway.close);
  return gateway.url;
}

const lorem = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do";

/** Each example with what it prints. */
const cases: readonly (readonly [file: string, printed: readonly (string | RegExp)[]])[] = [
  ["openai-sdk.ts", ["Hello from the OpenAI SDK", lorem]],
  ["anthropic-sdk.ts", ["Hello from the Anthropic SDK", lorem]],
  ["ai-sdk.ts", ["weather said: It is sunny in city. (2 steps)", lorem]],
  ["openai-agents.ts", ["Hello from an agent", "Hello again, streamed", "4 items in the session"]],
  [
    "connect-client.ts",
    ["Hello from a generated client", "refused: UPSTREAM_RATE_LIMITED, worth another try: true"],
  ],
  ["in-process.ts", ["Hello from this process", /^200 \{.*"content":"Hello through handle"/]],
  [
    "curl.sh",
    [
      "# OpenAI's dialect",
      /"role":"assistant","content":"Hello from curl"/,
      "# the same, streamed",
      "data: [DONE]",
      "# Anthropic's dialect",
      /"content":\[\{"type":"text","text":"Hello from curl"\}\]/,
      "# embeddings",
      /"embedding":\[-?\d[^,]*,-?\d[^,]*,-?\d[^,]*\]/,
      "# the typed contract, as Connect with JSON",
      /"parts":\[\{"text":\{"text":"Hello from curl"\}\}\]/,
      "# the models",
      /"id":"sim\/echo"/,
    ],
  ],
];

describe("the examples", () => {
  for (const [file, printed] of cases) {
    it(`examples/${file} works as printed`, async () => {
      const command = file.endsWith(".sh") ? "sh" : process.execPath;
      const env = { PARLANCE_URL: await gatewayUrl() };
      const { code, stdout, stderr } = await spawnProgram(command, [`examples/${file}`], { env })
        .finished;
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      let lines = stdout.split("\n");
      for (const line of printed) {
        const at = lines.findIndex((text) =>
          typeof line === "string" ? text === line : line.test(text),
        );
        expect(at, `${line} in\n${stdout}`).toBeGreaterThanOrEqual(0);
        lines = lines.slice(at + 1);
      }
    });
  }

  it("are all run", () => {
    const files = readdirSync("examples", { withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(files.map(({ name }) => name).sort()).toEqual(cases.map(([file]) => file).sort());
  });
});
