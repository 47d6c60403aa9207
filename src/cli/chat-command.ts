import type { CallOptions, Client } from "@connectrpc/connect";
import type { Chat } from "../../gen/parlance/chat/v1/chat_pb.js";
import type { ChatService } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { FinishReason } from "../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import { composeChat, describeFailure, openClient } from "./chat-client.ts";
import { type CommandInput, textOption } from "./command.ts";
import type { Shell, TextOutput } from "./shell.ts";

/** What a shell reports of a program that was interrupted: 128 and the number of SIGINT. */
const interruptedExitCode = 130;

/** `parlance chat MODEL TEXT`. */
export async function runChat(shell: Shell, input: CommandInput): Promise<number> {
  const [model = "", text = ""] = input.positionals;
  const prompt = text === "-" ? await shell.readStdin() : text;
  const chat = composeChat(model, prompt, textOption(input, "system"));
  const opened = await openClient(shell, input);
  if (opened === undefined) return 1;
  const interrupt = new AbortController();
  shell.onSignal("SIGINT", () => interrupt.abort());
  try {
    await printAnswer(shell, opened.client, chat, { signal: interrupt.signal });
    return 0;
  } catch (error) {
    if (interrupt.signal.aborted) return interruptedExitCode;
    shell.stderr.write(`parlance chat: ${describeFailure(error)}\n`);
    return 1;
  } finally {
    await opened.close();
  }
}

async function printAnswer(
  { stdout, stderr }: Shell,
  client: Client<typeof ChatService>,
  chat: Chat,
  options: CallOptions,
): Promise<void> {
  let column = 0;
  const answer: TextOutput = {
    isTerminal: stdout.isTerminal,
    write(text) {
      stdout.write(text);
      if (text !== "") column = text.endsWith("\n") ? 0 : 1;
    },
  };
  try {
    for await (const { event } of client.streamComplete({ chat }, options)) {
      if (event !== undefined) printEvent(event, answer, stderr);
    }
  } finally {
    if (column > 0) stdout.write("\n");
  }
}

/** The answer goes to `answer`; what is about it goes to `aside`. */
function printEvent({ event }: Event, answer: TextOutput, aside: TextOutput): void {
  switch (event.case) {
    case "textDelta":
    case "refusalDelta":
      answer.write(event.value.text);
      return;
    case "reasoningDelta":
      if (aside.isTerminal) aside.write(`\x1b[2m${event.value.text}${event.value.summary}\x1b[0m`);
      return;
    case "toolCallStart":
      aside.write(`[calls ${event.value.name}]\n`);
      return;
    case "finish":
      if (event.value.reason !== FinishReason.STOP)
        aside.write(`\n[ended: ${FinishReason[event.value.reason]}]\n`);
      return;
    case "messageStart":
    case "toolCallDelta":
    case "audioDelta":
    case "partWhole":
    case "citationAdd":
    case "partEnd":
    case "logprobsDelta":
    case "usage":
    case "extrasSet":
    case "ping":
    case "continued":
    case undefined:
      return;
  }
}
