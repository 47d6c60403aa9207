import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Client, Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { type Chat, ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import { ChatService } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { type MessageSchema, Role } from "../../gen/parlance/chat/v1/message_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { FaultSchema } from "../../gen/parlance/error/v1/fault_pb.js";
import { ConfigError } from "../composition/config-error.ts";
import { type CommandInput, textOption } from "./command.ts";
import { configPath, readConfigFile } from "./config-file.ts";
import { keyOf, reachGateway } from "./running/running-gateway.ts";
import type { Shell } from "./shell.ts";
import { SignInError } from "./sign-in/sign-in-error.ts";

/** A chat of one message, after a system message where there is one. */
export function composeChat(model: string, text: string, system: string | undefined): Chat {
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

/** The way to a gateway, and how to end it. */
export interface OpenedTransport {
  readonly transport: Transport;
  close(): Promise<void>;
}

/** A client of a gateway, and how to end it. */
export interface OpenedClient {
  readonly client: Client<typeof ChatService>;
  close(): Promise<void>;
}

/**
 * A client of the gateway at `--url`, else of one in this process by the config. Undefined, after a
 * message, where that cannot be used.
 */
export async function openClient(
  shell: Shell,
  input: CommandInput,
): Promise<OpenedClient | undefined> {
  const opened = await openTransport(shell, input);
  if (opened === undefined) return undefined;
  const { transport, close } = opened;
  return { client: createClient(ChatService, transport), close };
}

/** The way to the same gateway, for clients of ChatService and GuardService. */
export async function openTransport(
  shell: Shell,
  input: CommandInput,
): Promise<OpenedTransport | undefined> {
  const url = textOption(input, "url");
  if (url !== undefined) {
    const transport = await reachGateway(shell, input);
    return { transport, close: async () => undefined };
  }
  const path = configPath(shell, input);
  const file = path === undefined ? undefined : readConfigFile(path);
  if (file?.ok === false) {
    shell.stderr.write(`${file.message}\n`);
    return undefined;
  }
  try {
    const { openLocalTransport } = await import("./local-client.ts");
    return await openLocalTransport(file?.source, shell.env, keyOf(shell, input));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    shell.stderr.write(`${error.message}\n`);
    return undefined;
  }
}

/** What a failed call is reported as. */
export function describeFailure(error: unknown): string {
  if (error instanceof SignInError) return error.message;
  const failure = ConnectError.from(error);
  const [fault] = failure.findDetails(FaultSchema);
  if (fault === undefined)
    return failure.code === Code.Unavailable
      ? `${failure.rawMessage}: does a gateway listen there? --url names another`
      : failure.message;
  const from =
    fault.upstreamStatus === 0 ? "" : ` (${fault.provider} answered ${fault.upstreamStatus})`;
  return `${ErrorReason[fault.reason]}: ${fault.message}${from}`;
}
