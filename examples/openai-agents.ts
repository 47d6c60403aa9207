// Start the gateway in another terminal: npm start
import { Agent, MemorySession, OpenAIProvider, Runner } from "@openai/agents";

const url = process.env.PARLANCE_URL ?? "http://127.0.0.1:4000";
const modelProvider = new OpenAIProvider({
  baseURL: `${url}/v1`,
  apiKey: process.env.PARLANCE_KEY ?? "none",
});
const runner = new Runner({ modelProvider, model: "sim/echo", tracingDisabled: true });
const agent = new Agent({ name: "Assistant", instructions: "Be brief." });
const session = new MemorySession();

const answer = await runner.run(agent, "Hello from an agent", { session });
console.log(answer.finalOutput);

const stream = await runner.run(agent, "Hello again, streamed", { session, stream: true });
for await (const part of stream.toTextStream()) process.stdout.write(part);
await stream.completed;
console.log(`\n${(await session.getItems()).length} items in the session`);
