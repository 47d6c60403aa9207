import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type CallOptions, type Client, ConnectError, createClient } from "@connectrpc/connect";
import { type Chat, ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import { ChatService } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { FinishReason } from "../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import { type MessageSchema, Role } from "../../gen/parlance/chat/v1/message_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { FaultSchema } from "../../gen/parlance/error/v1/fault_pb.js";
import { ConfigError } from "../composition/config-error.ts";
import { presentKey } from "../composition/own-key.ts";
import { type CommandInput, textOption } from "./command.ts";
import { configPath, nonEmpty, readConfigFile } from "./config-file.ts";
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
    shell.stderr.write(`parlance chat: ${explain(error)}\n`);
    return 1;
  } finally {
    await opened.close();
  }
}

function composeChat(model: string, text: string, system: string | undefined): Chat {
  const message = (role: Role, content: string): MessageInitShape<typeof MessageSchema> => ({
    role,
    parts: [{ content: { case: "text", value: { text: content } } }],
  });
  const messages = [message(Role.USER, text)];
  return create(ChatSchema, {
    model,
    messages: system === undefined ? messages : [message(Role.SYSTEM, system), ...messages],
  });
}

interface OpenedClient {
  readonly client: Client<typeof ChatService>;
  close(): Promise<void>;
}

async function openClient(shell: Shell, input: CommandInput): Promise<OpenedClient | undefined> {
  const url = textOption(input, "url");
  const key = textOption(input, "key") ?? nonEmpty(shell.env.PARLANCE_KEY);
  if (url !== undefined) {
    const { createConnectTransport } = await import("@connectrpc/connect-node");
    const transport = createConnectTransport({
      baseUrl: url,
      httpVersion: "1.1",
      interceptors: [presentKey(() => key)],
    });
    return { client: createClient(ChatService, transport), close: async () => undefined };
  }
  const path = configPath(shell, input);
  const file = path === undefined ? undefined : readConfigFile(path);
  if (file?.ok === false) {
    shell.stderr.write(`${file.message}\n`);
    return undefined;
  }
  try {
    const { openLocalClient } = await import("./local-client.ts");
    return await openLocalClient(file?.source, shell.env, key);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    shell.stderr.write(`${error.message}\n`);
    return undefined;
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
    case undefined:
      return;
  }
}

function explain(error: unknown): string {
  const failure = ConnectError.from(error);
  const [fault] = failure.findDetails(FaultSchema);
  if (fault === undefined) return failure.message;
  const from =
    fault.upstreamStatus === 0 ? "" : ` (${fault.provider} answered ${fault.upstreamStatus})`;
  return `${ErrorReason[fault.reason]}: ${fault.message}${from}`;
}
