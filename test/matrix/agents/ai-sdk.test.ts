import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogle } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import {
  generateText,
  isStepCount,
  jsonSchema,
  type LanguageModel,
  Output,
  streamText,
  tool,
} from "ai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gatewayKey, type Matrix, startMatrix } from "../start-matrix.ts";
import { agentModels, agentUpstreams } from "./agent-upstreams.ts";

/** What the simulated models write into a string. */
const written = 'sample "text" \u00fc';

interface Place {
  readonly city: string;
  readonly days: number;
}

const place = jsonSchema<Place>({
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer" } },
  required: ["city", "days"],
  additionalProperties: false,
});

/** The providers of the SDK, as their pages say to create them for another address. */
const providers: readonly (readonly [
  name: string,
  create: (url: string) => (model: string) => LanguageModel,
])[] = [
  ["openai", (url) => createOpenAI({ baseURL: `${url}/v1`, apiKey: gatewayKey })],
  ["openai.chat", (url) => createOpenAI({ baseURL: `${url}/v1`, apiKey: gatewayKey }).chat],
  ["anthropic", (url) => createAnthropic({ baseURL: `${url}/v1`, apiKey: gatewayKey })],
  [
    "google",
    (url) => {
      const google = createGoogle({ baseURL: `${url}/v1beta`, apiKey: gatewayKey });
      return (model) => google(`models/${model}`);
    },
  ],
];

/** What both ways of asking give in the end. */
interface Answer {
  readonly text: string;
  readonly finishReason: string;
  readonly steps: readonly {
    readonly finishReason: string;
    readonly toolCalls: readonly { readonly input: unknown }[];
  }[];
  readonly input: number | undefined;
  readonly output: number | undefined;
}

describe("the AI SDK", () => {
  let matrix: Matrix;
  beforeAll(async () => {
    matrix = await startMatrix(agentUpstreams);
  });
  afterAll(async () => {
    expect(matrix.bugs).toEqual([]);
    await matrix.close();
  });

  let marks = 0;
  function nextMark(): string {
    marks += 1;
    return `ai-sdk-${marks}-`;
  }

  /** Runs a loop of tools, and gives what the tools were called with too. */
  async function loop(model: LanguageModel, stream: boolean) {
    const called: unknown[] = [];
    const weather = tool({
      description: "Tells the weather.",
      inputSchema: place,
      execute: (input) => {
        called.push(input);
        return { degrees: 21, sky: "clear \u00fc" };
      },
    });
    const clock = tool({
      description: "Tells the time.",
      inputSchema: place,
      execute: (input) => {
        called.push(input);
        return "12:34";
      },
    });
    const options = {
      model,
      instructions: "Be brief.",
      prompt: nextMark(),
      tools: { weather, clock },
      stopWhen: isStepCount(4),
      maxRetries: 0,
    };
    const answer = stream ? await readStream(options) : await readWhole(options);
    return { called, answer };
  }

  async function readWhole(options: Parameters<typeof generateText>[0]): Promise<Answer> {
    const { text, finishReason, steps, totalUsage } = await generateText(options);
    const { inputTokens: input, outputTokens: output } = totalUsage;
    return { text, finishReason, steps, input, output };
  }

  async function readStream(options: Parameters<typeof streamText>[0]): Promise<Answer> {
    const errors: unknown[] = [];
    const result = streamText({ ...options, onError: ({ error }) => void errors.push(error) });
    const parts: string[] = [];
    for await (const part of result.textStream) parts.push(part);
    expect(errors).toEqual([]);
    const { inputTokens: input, outputTokens: output } = await result.totalUsage;
    const steps = await result.steps;
    expect(parts.join("")).toBe(steps.map(({ text }) => text).join(""));
    const [text, finishReason] = [await result.text, await result.finishReason];
    return { text, finishReason, steps, input, output };
  }

  for (const [name, create] of providers) {
    describe(name, () => {
      for (const { upstream, model } of agentModels) {
        const id = `${upstream.name}/${model}`;
        for (const stream of [false, true]) {
          it(`runs two tools and reads their results (${id}, ${stream ? "stream" : "unary"})`, async () => {
            const { called, answer } = await loop(
              create(matrix.url)(`${id}-parallel-tools`),
              stream,
            );
            expect(called).toEqual([
              { city: written, days: 7 },
              { city: written, days: 7 },
            ]);
            expect(answer.steps.map(({ finishReason }) => finishReason)).toEqual([
              "tool-calls",
              "stop",
            ]);
            expect(answer).toMatchObject({ finishReason: "stop" });
            expect(answer.text).toMatch(/^The tool said: .*clear \u00fc.* \| .*12:34/);
            expect(answer.input).toBeGreaterThan(0);
            expect(answer.output).toBeGreaterThan(0);
          });
        }

        it(`gets an object by a schema (${id})`, async () => {
          // The provider asks models that it does not know by a tool, which these are not held to.
          const byTool = name === "anthropic" && ["ollama", "deepseek"].includes(upstream.name);
          const named = create(matrix.url)(`${id}-${byTool ? "tools" : "structured"}`);
          // DeepSeek is held to JSON, and to the schema by words alone.
          const byWords = upstream.name === "deepseek" && !byTool;
          const wanted = byWords ? { answer: expect.any(String) } : { city: written, days: 7 };
          expect(await getObject(named)).toEqual(wanted);
        });
      }
    });
  }

  describe("openai, with words before a call", () => {
    for (const { upstream, model } of agentModels) {
      const id = `${upstream.name}/${model}`;
      it(`refers to them where they are kept, and is told to send them elsewhere (${id})`, async () => {
        const run = (store: boolean) =>
          generateText({
            model: createOpenAI({ baseURL: `${matrix.url}/v1`, apiKey: gatewayKey })(
              `${id}-text-and-tools`,
            ),
            prompt: nextMark(),
            tools: { weather: tool({ inputSchema: place, execute: () => "clear" }) },
            stopWhen: isStepCount(4),
            maxRetries: 0,
            providerOptions: { openai: { store } },
          });
        expect(await run(false)).toMatchObject({ text: "The tool said: clear" });
        const kept = upstream.name === "openai" || upstream.name === "responses";
        if (kept) expect(await run(true)).toMatchObject({ text: "The tool said: clear" });
        else await expect(run(true)).rejects.toThrow(/^input\[1\]: .*store: false/);
      });
    }
  });

  async function getObject(model: LanguageModel): Promise<unknown> {
    const asked = { model, prompt: nextMark(), output: Output.object({ schema: place }) };
    return (await generateText({ ...asked, maxRetries: 0 })).output;
  }
});
