// Start the gateway in another terminal: npm start
import Anthropic from "@anthropic-ai/sdk";

const baseURL = process.env.PARLANCE_URL ?? "http://127.0.0.1:4000";
const client = new Anthropic({ baseURL, apiKey: process.env.PARLANCE_KEY ?? "none" });

const answer = await client.messages.create({
  model: "sim/echo",
  max_tokens: 100,
  messages: [{ role: "user", content: "Hello from the Anthropic SDK" }],
});
for (const block of answer.content) if (block.type === "text") console.log(block.text);

const stream = client.messages.stream({
  model: "sim/lorem-10",
  max_tokens: 100,
  messages: [{ role: "user", content: "Ten words, please" }],
});
stream.on("text", (text) => process.stdout.write(text));
await stream.finalMessage();
console.log();
