// Start the gateway in another terminal: npm start
import { ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { ChatService } from "../gen/parlance/chat/v1/chat_service_pb.js";
import { Role } from "../gen/parlance/chat/v1/message_pb.js";
import { ErrorReason } from "../gen/parlance/error/v1/error_reason_pb.js";
import { FaultSchema } from "../gen/parlance/error/v1/fault_pb.js";

const baseUrl = process.env.PARLANCE_URL ?? "http://127.0.0.1:4000";
// createGrpcTransport and createGrpcWebTransport work as well.
const client = createClient(ChatService, createConnectTransport({ baseUrl, httpVersion: "2" }));

const answer = await client.complete({ model: "sim/echo", text: "Hello!" });
console.log(answer.text);

// The long form: a chat with everything that a model takes.
const chat = {
  model: "sim/echo",
  messages: [{ role: Role.USER, text: "Hello from a generated client" }],
};
for await (const { event } of client.streamComplete({ chat })) {
  if (event?.event.case === "textDelta") process.stdout.write(event.event.value.text);
}
console.log();

try {
  await client.complete({ model: "sim/error-429", text: "Hello" });
} catch (error) {
  const [fault] = ConnectError.from(error).findDetails(FaultSchema);
  console.log(
    `refused: ${ErrorReason[fault?.reason ?? 0]}, worth another try: ${fault?.retryable}`,
  );
}
