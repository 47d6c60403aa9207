import {
  type BedrockRuntimeClient,
  type ContentBlock,
  type ContentBlockDeltaEvent,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  type Message,
  type TokenUsage,
} from "@aws-sdk/client-bedrock-runtime";
import { awsFailure, createAwsConnections, openSeal } from "./aws-connections.ts";
import {
  type AskOptions,
  type Client,
  type Conversation,
  failed,
  type Outcome,
  type Question,
  type TokenCounts,
} from "./client.ts";

/**
 * The official `@aws-sdk/client-bedrock-runtime` by Converse and ConverseStream, over HTTP/2. Its
 * dialect does not tell the tokens of reasoning.
 */
export function createConverseClient(url: string, key: string): Client {
  const connections = createAwsConnections(url, key);
  return {
    name: "AWS SDK, Converse",
    family: "aws",
    uncounted: ["reasoning"],
    open: (question) => open(connections.connect, question),
    close: connections.close,
  };
}

/** An answer as it grows. */
interface Answer {
  readonly content: ContentBlock[];
  stopReason: string | undefined;
  usage: TokenUsage | undefined;
}

function open(connect: () => BedrockRuntimeClient, question: Question): Conversation {
  const messages: Message[] = [firstMessage(question)];
  const input = (): ConverseCommandInput => ({
    modelId: question.model,
    messages,
    ...settings(question),
  });
  const take = (answer: Answer, pieces: number, callId: string | undefined): Outcome => {
    messages.push({ role: "assistant", content: answer.content });
    return outcome(answer, pieces, callId);
  };

  async function unary(options: AskOptions): Promise<Outcome> {
    const { output, stopReason, usage, $metadata } = await connect().send(
      new ConverseCommand(input()),
      sendOptions(options),
    );
    const content = output?.message?.content ?? [];
    return take({ content, stopReason, usage }, 1, $metadata.requestId);
  }

  async function streamed(options: AskOptions): Promise<Outcome> {
    const answer: Answer = { content: [], stopReason: undefined, usage: undefined };
    const inputs = new Map<number, string>();
    let pieces = 0;
    let callId: string | undefined;
    try {
      const { stream = [], $metadata } = await connect().send(
        new ConverseStreamCommand(input()),
        sendOptions(options),
      );
      callId = $metadata.requestId;
      for await (const event of stream) {
        add(answer, event, inputs);
        pieces += 1;
        options.onPiece?.();
      }
      if (options.signal?.aborted === true) throw options.signal.reason;
      return take(answer, pieces, callId);
    } catch (error) {
      const failure = awsFailure(error, options.signal, callId);
      return failed(failure, { pieces, ended: answer.usage !== undefined });
    }
  }

  return {
    ask: (options) =>
      (options.stream ? streamed(options) : unary(options)).catch((error: unknown) =>
        failed(awsFailure(error, options.signal, undefined)),
      ),
    addToolAnswers: (answers) => {
      const content = answers.map(({ id, text }) => ({
        toolResult: { toolUseId: id, content: [{ text }] },
      }));
      messages.push({ role: "user", content });
    },
    addUser: (text) => void messages.push({ role: "user", content: [{ text }] }),
  };
}

function sendOptions({ signal }: AskOptions) {
  return signal === undefined ? {} : { abortSignal: signal };
}

/**
 * Adds an event to the blocks, as AWS's documentation says:
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html.
 */
function add(answer: Answer, event: ConverseStreamOutput, inputs: Map<number, string>): void {
  const { contentBlockStart, contentBlockDelta, contentBlockStop, messageStop, metadata } = event;
  const { content } = answer;
  const toolUse = contentBlockStart?.start?.toolUse;
  if (toolUse !== undefined)
    content[contentBlockStart?.contentBlockIndex ?? 0] = { toolUse: { ...toolUse, input: {} } };
  if (contentBlockDelta !== undefined) addDelta(content, contentBlockDelta, inputs);
  if (contentBlockStop !== undefined) {
    const at = contentBlockStop.contentBlockIndex ?? 0;
    const called = content[at]?.toolUse;
    if (called !== undefined) called.input = JSON.parse(inputs.get(at) ?? "{}");
  }
  if (messageStop !== undefined) answer.stopReason = messageStop.stopReason;
  if (metadata !== undefined) answer.usage = metadata.usage;
}

function addDelta(
  content: ContentBlock[],
  { contentBlockIndex: at = 0, delta }: ContentBlockDeltaEvent,
  inputs: Map<number, string>,
): void {
  const before = content[at];
  if (delta?.text !== undefined) content[at] = { text: (before?.text ?? "") + delta.text };
  if (delta?.toolUse !== undefined)
    inputs.set(at, (inputs.get(at) ?? "") + (delta.toolUse.input ?? ""));
  if (delta?.reasoningContent !== undefined) {
    const known = before?.reasoningContent?.reasoningText;
    const { text = "", signature = known?.signature } = delta.reasoningContent;
    const reasoningText = { text: (known?.text ?? "") + text, signature };
    content[at] = { reasoningContent: { reasoningText } };
  }
}

function firstMessage({ text, image }: Question): Message {
  if (image === undefined) return { role: "user", content: [{ text }] };
  if (image.mediaType !== "image/png") throw new Error("only PNG is asked about");
  return {
    role: "user",
    content: [{ text }, { image: { format: "png", source: { bytes: image.bytes } } }],
  };
}

function settings({ system, tools, format, reasoning }: Question): Partial<ConverseCommandInput> {
  const specs = tools?.map(({ name, description, schema }) => ({
    toolSpec: { name, description, inputSchema: { json: JSON.parse(JSON.stringify(schema)) } },
  }));
  const thinking = { type: "enabled", budget_tokens: 1024 };
  return {
    system: [{ text: system }],
    inferenceConfig: { maxTokens: 4096 },
    ...(specs === undefined ? {} : { toolConfig: { tools: specs } }),
    ...(format === undefined ? {} : { outputConfig: textFormat(format) }),
    ...(reasoning === true ? { additionalModelRequestFields: { thinking } } : {}),
  };
}

function textFormat({ name, schema }: NonNullable<Question["format"]>) {
  const jsonSchema = { name, schema: JSON.stringify(schema) };
  return { textFormat: { type: "json_schema" as const, structure: { jsonSchema } } };
}

function outcome(
  { content, stopReason, usage }: Answer,
  pieces: number,
  callId: string | undefined,
): Outcome {
  const toolCalls = content.flatMap(({ toolUse }) =>
    toolUse === undefined
      ? []
      : [
          {
            id: toolUse.toolUseId ?? "",
            name: toolUse.name ?? "",
            argumentsJson: JSON.stringify(toolUse.input),
          },
        ],
  );
  const thought = content.find((block) => block.reasoningContent?.reasoningText?.text);
  const reasoning = thought?.reasoningContent?.reasoningText;
  return {
    text: content.flatMap(({ text }) => text ?? []).join(""),
    toolCalls,
    reasoning:
      reasoning === undefined
        ? undefined
        : { text: reasoning.text ?? "", signature: openSeal(reasoning.signature ?? "") },
    finish: stopReason === "end_turn" ? "stop" : stopReason === "tool_use" ? "tool_calls" : "other",
    usage: usage && counts(usage),
    callId,
    pieces,
    ended: usage !== undefined,
    failure: undefined,
  };
}

function counts({
  inputTokens = 0,
  outputTokens,
  cacheReadInputTokens: cacheRead,
  cacheWriteInputTokens: cacheWrite,
}: TokenUsage): TokenCounts {
  return {
    input: inputTokens + (cacheRead ?? 0) + (cacheWrite ?? 0),
    cacheRead,
    cacheWrite,
    output: outputTokens,
    reasoning: undefined,
  };
}
