import type Anthropic from "@anthropic-ai/sdk";
import {
  type BedrockRuntimeClient,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from "@aws-sdk/client-bedrock-runtime";
import { firstMessages, foldRaw, outcome, settings } from "./anthropic-client.ts";
import { awsFailure, createAwsConnections } from "./aws-connections.ts";
import {
  type AskOptions,
  type Client,
  type Conversation,
  failed,
  type Outcome,
  type Question,
} from "./client.ts";

/**
 * The official `@aws-sdk/client-bedrock-runtime` by InvokeModel and InvokeModelWithResponseStream,
 * with Claude's bodies, which applications write and read by themselves.
 */
export function createInvokeClient(url: string, key: string): Client {
  const connections = createAwsConnections(url, key);
  return {
    name: "AWS SDK, InvokeModel",
    family: "aws",
    open: (question) => open(connections.connect(), question),
    close: connections.close,
  };
}

function open(client: BedrockRuntimeClient, question: Question): Conversation {
  const messages = firstMessages(question);
  const input = () => {
    const body = { ...settings(question), anthropic_version: "bedrock-2023-05-31", messages };
    return { modelId: question.model, body: JSON.stringify(body) };
  };
  const take = (
    message: Anthropic.Message,
    pieces: number,
    callId: string | undefined,
  ): Outcome => {
    messages.push({ role: "assistant", content: message.content });
    return outcome(message, pieces, true, { header: () => callId });
  };

  async function unary({ signal }: AskOptions): Promise<Outcome> {
    const options = signal === undefined ? {} : { abortSignal: signal };
    const { body, $metadata } = await client.send(new InvokeModelCommand(input()), options);
    return take(JSON.parse(body.transformToString()), 1, $metadata.requestId);
  }

  async function streamed({ signal, onPiece }: AskOptions): Promise<Outcome> {
    const events: Anthropic.RawMessageStreamEvent[] = [];
    let callId: string | undefined;
    const isEnded = (): boolean => events.at(-1)?.type === "message_stop";
    try {
      const options = signal === undefined ? {} : { abortSignal: signal };
      const command = new InvokeModelWithResponseStreamCommand(input());
      const { body = [], $metadata } = await client.send(command, options);
      callId = $metadata.requestId;
      for await (const { chunk } of body) {
        events.push(JSON.parse(Buffer.from(chunk?.bytes ?? []).toString()));
        onPiece?.();
      }
      if (signal?.aborted === true) throw signal.reason;
      if (!isEnded()) throw new Error("a stream without message_stop");
      return take(foldRaw(events), events.length, callId);
    } catch (error) {
      const failure = awsFailure(error, signal, callId);
      return failed(failure, { pieces: events.length, ended: isEnded() });
    }
  }

  return {
    ask: (options) =>
      (options.stream ? streamed(options) : unary(options)).catch((error: unknown) =>
        failed(awsFailure(error, options.signal, undefined)),
      ),
    addToolAnswers: (answers) => {
      const content = answers.map(({ id, text }) => ({
        type: "tool_result" as const,
        tool_use_id: id,
        content: text,
      }));
      messages.push({ role: "user", content });
    },
    addUser: (text) => void messages.push({ role: "user", content: text }),
  };
}
