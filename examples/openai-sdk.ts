// Start the gateway in another terminal: npm start
import OpenAI from "openai";

const url = process.env.PARLANCE_URL ?? "http://127.0.0.1:4000";
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: process.env.PARLANCE_KEY ?? "none" });

const answer = await client.chat.completions.create({
  model: "sim/echo",
  messages: [{ role: "user", content: "Hello from the OpenAI SDK" }],
});
console.log(answer.choices[0]?.message.content);

const stream = await client.chat.completions.create({
  model: "sim/lorem-10",
  messages: [{ role: "user", content: "Ten words, please" }],
  stream: true,
});
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? "");
console.log();
