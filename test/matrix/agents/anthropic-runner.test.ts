import Anthropic from "@anthropic-ai/sdk";
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gatewayKey, type Matrix, startMatrix } from "../start-matrix.ts";
import { agentModels, agentUpstreams } from "./agent-upstreams.ts";

/** What the simulated models write into a string. */
const written = 'sample "text" \u00fc';

describe("the tool runner of Anthropic's SDK", () => {
  let matrix: Matrix;
  let client: Anthropic;
  beforeAll(async () => {
    matrix = await startMatrix(agentUpstreams);
    client = new Anthropic({ apiKey: gatewayKey, baseURL: matrix.url, maxRetries: 0 });
  });
  afterAll(async () => {
    expect(matrix.bugs).toEqual([]);
    await matrix.close();
  });

  let marks = 0;

  /** Runs to the end: the last message, and what the tools were called with. */
  async function run(model: string, stream: boolean) {
    const called: unknown[] = [];
    const create = (name: string) =>
      betaTool({
        name,
        description: "Tells the weather.",
        inputSchema: {
          type: "object",
          properties: { city: { type: "string" } },
          required: ["city"],
        },
        run: (input) => {
          called.push([name, input]);
          return [{ type: "text", text: `clear \u00fc ${name}` }];
        },
      });
    marks += 1;
    const body = {
      model,
      max_tokens: 1000,
      system: "Be brief.",
      messages: [{ role: "user" as const, content: `runner-${marks}-` }],
      tools: [create("weather"), create("forecast")],
      max_iterations: 4,
    };
    if (!stream) return { called, message: await client.beta.messages.toolRunner(body) };
    let pieces = 0;
    const runner = client.beta.messages.toolRunner({ ...body, stream: true });
    for await (const turn of runner) for await (const _event of turn) pieces += 1;
    expect(pieces).toBeGreaterThan(2);
    return { called, message: await runner.done() };
  }

  for (const { upstream, model } of agentModels) {
    for (const scenario of ["parallel-tools", "text-and-tools"]) {
      for (const stream of [false, true]) {
        const id = `${upstream.name}/${model}-${scenario}`;
        it(`runs tools and reads their results (${id}, ${stream ? "stream" : "unary"})`, async () => {
          const { called, message } = await run(id, stream);
          const both = [
            ["weather", { city: written }],
            ["forecast", { city: written }],
          ];
          expect(called).toEqual(scenario === "parallel-tools" ? both : both.slice(0, 1));
          expect(message).toMatchObject({ role: "assistant", stop_reason: "end_turn" });
          const text = message.content.map((block) => (block.type === "text" ? block.text : ""));
          expect(text.join("")).toContain("The tool said: clear \u00fc weather");
          expect(message.usage.input_tokens).toBeGreaterThan(0);
          expect(message.usage.output_tokens).toBeGreaterThan(0);
        });
      }
    }
  }
});
