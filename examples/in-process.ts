// Needs no running gateway: the same engine, in this process. Outside of this repository: from
// "parlance".
import { createGateway, Role } from "../src/library.ts";

await using gateway = await createGateway(
  {
    providers: { sim: { kind: "sim" } },
    models: [{ name: "fast", targets: [{ model: "sim/echo" }] }],
  },
  { env: process.env },
);

// A typed client: every message and every error is generated from the contract.
const messages = [{ role: Role.USER, text: "Hello from this process" }];
for await (const { event } of gateway.client.streamComplete({
  chat: { model: "fast", messages },
})) {
  if (event?.event.case === "textDelta") process.stdout.write(event.event.value.text);
}
console.log();

// The REST surface without a port: mount `handle` in any framework that speaks fetch.
const request = new Request("http://gateway/v1/chat/completions", {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({
    model: "fast",
    messages: [{ role: "user", content: "Hello through handle" }],
  }),
});
const answer = await gateway.handle(request);
console.log(answer.status, await answer.text());
