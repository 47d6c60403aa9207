import { Agent, MemorySession, OpenAIProvider, Runner, tool } from "@openai/agents";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gatewayKey, type Matrix, startMatrix } from "../start-matrix.ts";
import { agentModels, agentUpstreams } from "./agent-upstreams.ts";

/** What the simulated models write into a string. */
const written = 'sample "text" \u00fc';

describe("@openai/agents with a session", () => {
  let matrix: Matrix;
  beforeAll(async () => {
    matrix = await startMatrix(agentUpstreams);
  });
  afterAll(async () => {
    expect(matrix.bugs).toEqual([]);
    await matrix.close();
  });

  /** Two agents, the first of which hands over to the second, and what the tool was called with. */
  function createAgents() {
    const called: unknown[] = [];
    const weather = tool({
      name: "get_weather",
      description: "Tells the weather.",
      parameters: {
        type: "object",
        properties: { city: { type: "string" } },
        required: ["city"],
        additionalProperties: false,
      },
      strict: true,
      execute: (input) => {
        called.push(input);
        return "clear \u00fc";
      },
    });
    const expert = new Agent({
      name: "Weather expert",
      instructions: "Tell the weather.",
      tools: [weather],
    });
    const first = Agent.create({
      name: "First",
      instructions: "Be brief.",
      handoffs: [expert],
    });
    return { called, first, expert };
  }

  let marks = 0;

  /** Asks an agent, and gives what it says in the end and who says it. */
  async function ask(
    agent: Agent,
    { session, stream, ...provider }: Settings,
    model: string,
  ): Promise<{ readonly mark: string; readonly said: unknown; readonly by: string | undefined }> {
    const runner = new Runner({
      model,
      modelProvider: new OpenAIProvider({
        baseURL: `${matrix.url}/v1`,
        apiKey: gatewayKey,
        ...provider,
      }),
      tracingDisabled: true,
    });
    marks += 1;
    const mark = `agents-${marks}-`;
    if (!stream) {
      const result = await runner.run(agent, mark, { session });
      return { mark, said: result.finalOutput, by: result.lastAgent?.name };
    }
    const result = await runner.run(agent, mark, { session, stream: true });
    let text = "";
    for await (const part of result.toTextStream()) text += part;
    await result.completed;
    expect(text).toContain(String(result.finalOutput));
    return { mark, said: result.finalOutput, by: result.lastAgent?.name };
  }

  interface Settings {
    readonly session: MemorySession;
    readonly stream: boolean;
    readonly useResponses: boolean;
  }

  // Bytes for OpenAI pass, and this client adds members to them that its chats do not know.
  const chatModels = agentModels.filter(({ upstream }) => upstream.name !== "openai");
  const apis = [
    ["Responses", true, agentModels],
    ["Chat Completions", false, chatModels],
  ] as const;
  for (const [api, useResponses, models] of apis) {
    for (const { upstream, model } of models) {
      const id = `${upstream.name}/${model}`;
      for (const stream of [false, true]) {
        it(`thinks, hands over and runs a tool over ${api} (${id}, ${stream ? "stream" : "unary"})`, async () => {
          const { called, first, expert } = createAgents();
          const settings = { session: new MemorySession(), stream, useResponses };
          const thought = await ask(first, settings, `${id}-thinking`);
          expect(thought.said).toBe(`You said: ${thought.mark}`);

          const handed = await ask(first, settings, `${id}-tools`);
          expect(handed.by).toBe("Weather expert");
          expect(handed.said).toMatch(/^The tool said: .*Weather expert/);

          const told = await ask(expert, settings, `${id}-text-and-tools`);
          expect(told.said).toBe("The tool said: clear \u00fc");
          expect(called).toEqual([{ city: written }]);
        });
      }
    }
  }
});
