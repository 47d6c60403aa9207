import { ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { ChatService } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { Role } from "../../gen/parlance/chat/v1/message_pb.js";

const baseUrl = new URLSearchParams(location.search).get("gateway") ?? "http://127.0.0.1:4000";
const client = createClient(ChatService, createConnectTransport({ baseUrl }));

const form = document.querySelector("form");
const answer = document.querySelector("#answer");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void ask(String(new FormData(form).get("question")));
});

async function ask(text) {
  answer.textContent = "";
  const messages = [{ role: Role.USER, parts: [{ content: { case: "text", value: { text } } }] }];
  try {
    for await (const { event } of client.streamComplete({
      chat: { model: "sim/echo", messages },
    })) {
      if (event?.event.case === "textDelta") answer.textContent += event.event.value.text;
    }
  } catch (error) {
    answer.textContent = ConnectError.from(error).message;
  }
}
