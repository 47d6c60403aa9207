// Start the gateway in another terminal: npm start
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, isStepCount, streamText, tool } from "ai";
import { z } from "zod";

const url = process.env.PARLANCE_URL ?? "http://127.0.0.1:4000";
const provider = createOpenAI({
  baseURL: `${url}/v1`,
  apiKey: process.env.PARLANCE_KEY ?? "none",
});
// Only OpenAI keeps the words of earlier steps: with `store: false` the SDK sends them to all others.
const providerOptions = { openai: { store: false } };

const city = z.object({ city: z.string() });
const weather = tool({ inputSchema: city, execute: ({ city }) => `It is sunny in ${city}.` });

const { text, steps } = await generateText({
  model: provider("sim/tools"),
  prompt: "Hello from the AI SDK",
  tools: { weather },
  stopWhen: isStepCount(5),
  providerOptions,
});
console.log(text, `(${steps.length} steps)`);

const { textStream } = streamText({
  model: provider("sim/lorem-10"),
  prompt: "Ten words, please",
  providerOptions,
});
for await (const part of textStream) process.stdout.write(part);
console.log();
