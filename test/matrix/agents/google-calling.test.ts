import {
  type CallableTool,
  FunctionCallingConfigMode,
  type GenerateContentParameters,
  GoogleGenAI,
  type Part,
} from "@google/genai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gatewayKey, type Matrix, startMatrix } from "../start-matrix.ts";
import { agentModels, agentUpstreams } from "./agent-upstreams.ts";

/** What the simulated models write into a string. */
const written = 'sample "text" \u00fc';

describe("automatic function calling of @google/genai", () => {
  let matrix: Matrix;
  beforeAll(async () => {
    matrix = await startMatrix(agentUpstreams);
  });
  afterAll(async () => {
    expect(matrix.bugs).toEqual([]);
    await matrix.close();
  });

  let marks = 0;

  /** A tool that keeps what it was called with. */
  function createWeather(): { readonly tool: CallableTool; readonly called: unknown[] } {
    const called: unknown[] = [];
    const city = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
    const declare = (name: string) => ({
      name,
      description: "Tells the weather.",
      parametersJsonSchema: city,
    });
    return {
      called,
      tool: {
        tool: async () => ({ functionDeclarations: [declare("weather"), declare("forecast")] }),
        callTool: async (calls) =>
          calls.map(({ id, name, args }): Part => {
            called.push([name, args]);
            const answer = { name: name ?? "", response: { output: `clear \u00fc ${name}` } };
            return { functionResponse: { ...answer, ...(id === undefined ? {} : { id }) } };
          }),
      },
    };
  }

  async function run(model: string, stream: boolean) {
    const { models } = new GoogleGenAI({
      apiKey: gatewayKey,
      httpOptions: { baseUrl: matrix.url },
    });
    const { tool, called } = createWeather();
    marks += 1;
    const asked: GenerateContentParameters = {
      model,
      contents: `genai-${marks}-`,
      config: {
        systemInstruction: "Be brief.",
        tools: [tool],
        toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.AUTO } },
      },
    };
    if (!stream) {
      const { text = "", usageMetadata: usage, ...rest } = await models.generateContent(asked);
      return { called, text, usage, history: rest.automaticFunctionCallingHistory };
    }
    let text = "";
    let last: Awaited<ReturnType<typeof models.generateContent>> | undefined;
    for await (const chunk of await models.generateContentStream(asked)) {
      text += chunk.text ?? "";
      last = chunk;
    }
    return {
      called,
      text,
      usage: last?.usageMetadata,
      history: last?.automaticFunctionCallingHistory,
    };
  }

  for (const { upstream, model } of agentModels) {
    for (const scenario of ["parallel-tools", "text-and-tools"]) {
      // In streams this client sends back less of Google's own chunks than Google demands.
      for (const stream of upstream.name === "gemini" ? [false] : [false, true]) {
        const id = `${upstream.name}/${model}-${scenario}`;
        it(`runs functions and reads their results (${id}, ${stream ? "stream" : "unary"})`, async () => {
          const { called, text, usage, history } = await run(id, stream);
          const both = [
            ["weather", { city: written }],
            ["forecast", { city: written }],
          ];
          expect(called).toEqual(scenario === "parallel-tools" ? both : both.slice(0, 1));
          expect(text).toContain("The tool said: ");
          expect(text.match(/clear \u00fc/g)).toHaveLength(called.length);
          expect(usage?.promptTokenCount).toBeGreaterThan(0);
          expect(usage?.candidatesTokenCount).toBeGreaterThan(0);
          if (!stream) expect(history?.length).toBeGreaterThanOrEqual(3);
        });
      }
    }
  }
});
