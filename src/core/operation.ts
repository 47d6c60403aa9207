import { type DescMessage, isMessage, type Message } from "@bufbuild/protobuf";
import type { GenMessage } from "@bufbuild/protobuf/codegenv2";
import type { CacheControl } from "../../gen/parlance/call/v1/cache_pb.js";
import { type Chat, ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import {
  type CountTokensResponse,
  CountTokensResponseSchema,
} from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { type Completion, CompletionSchema } from "../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import type { Usage } from "../../gen/parlance/chat/v1/usage_pb.js";
import {
  type EmbedResult,
  EmbedResultSchema,
  type EmbedSpec,
  EmbedSpecSchema,
} from "../../gen/parlance/embed/v1/embedding_pb.js";
import {
  type GuardResult,
  GuardResultSchema,
  type GuardSpec,
  GuardSpecSchema,
} from "../../gen/parlance/guard/v1/guard_spec_pb.js";
import {
  type ModerationResult,
  ModerationResultSchema,
  type ModerationSpec,
  ModerationSpecSchema,
} from "../../gen/parlance/moderation/v1/moderation_pb.js";
import {
  type RerankResult,
  RerankResultSchema,
  type RerankSpec,
  RerankSpecSchema,
} from "../../gen/parlance/rerank/v1/ranking_pb.js";
import { collect, createCollector } from "../events/collect.ts";
import { explode } from "../events/explode.ts";
import { nameToolCalls } from "../events/name-tool-calls.ts";
import { plainCall } from "../events/settle-tool-calls.ts";
import { type Fault, malformed } from "./faults/fault.ts";
import { completionFault } from "./faults/finish-fault.ts";
import type { MediaKind } from "./media.ts";
import { withTier } from "./money/with-tier.ts";
import { arrangeRerank } from "./reply/arrange-rerank.ts";
import { convertEmbeddings } from "./reply/convert-embeddings.ts";

/**
 * The operations a gateway serves, by the names that the catalog and the config use: the messages
 * of each, and whether its results can be streamed.
 */
export interface OperationTypes {
  readonly chat: OperationType<Chat, Completion, true>;
  readonly count_tokens: OperationType<Chat, CountTokensResponse>;
  readonly embed: OperationType<EmbedSpec, EmbedResult>;
  readonly rerank: OperationType<RerankSpec, RerankResult>;
  readonly moderate: OperationType<ModerationSpec, ModerationResult>;
  readonly guard: OperationType<GuardedTexts, GuardResult>;
}

interface OperationType<Request, Result, Streams = false> {
  readonly request: Request;
  readonly result: Result;
  readonly streams: Streams;
}

/** The name of an operation. */
export type OperationName = keyof OperationTypes;

/** What every request of an operation has. */
export type RequestMessage = Message & {
  readonly model: string;
  readonly extrasJson: Readonly<Record<string, string>>;
  readonly responseCache?: CacheControl | undefined;
  /** Of its turn in queues, from 0 to 255, lower ones sooner. Absent: see priorityOf. */
  readonly priority?: number | undefined;
};

/** Folds the events of a streamed result. */
export interface ResultCollector<Result> {
  add(event: Event): void;
  result(): Result;
}

/** One thing that a gateway does for its callers: a request message in, a result message out. */
export interface Operation<
  Request extends RequestMessage = RequestMessage,
  Result extends Message = Message,
> {
  readonly name: OperationName;
  readonly request: DescMessage;
  readonly result: GenMessage<Result>;
  /** The request's field in the messages of its RPC; paths of its fields begin with it. */
  readonly field: string;
  /** The operation whose table of fidelity it goes by: its own, or that of the same request. */
  readonly table: OperationName;
  /** What documents call its requests. */
  readonly title: string;
  usageOf(result: Result): Usage | undefined;
  /** What the gateway sees to, whatever the vendor can do. Absent: nothing. */
  fit?(result: Result, request: Request, callId: string): Result;
  /**
   * The failure that a result tells of, or that it is none to its request; undefined where it is a
   * whole one. Not looked for in what passes to clients of the vendor's own dialect. Absent: each
   * is.
   */
  faultOf?(result: Result, request: Request): Fault | undefined;
  /**
   * Whether an answer whose bytes pass is an object, and is decoded where it tells no usage: some
   * vendors report failures in words of their own, with status 200. Absent: it may be any JSON.
   */
  readonly proven?: true;
  /** The bound on the answer that a request says. Absent: answers of the operation have none. */
  maxOutputTokens?(request: Request): number | undefined;
  /**
   * The field of a request where a file of a kind stands by its address; undefined where none can.
   * Absent: requests hold no files.
   */
  urlField?(kind: MediaKind): string | undefined;
  /** How a result is taken apart and put together. Absent: it cannot be streamed. */
  readonly stream?: {
    collect(): ResultCollector<Result>;
    explode(result: Result): readonly Event[];
  };
}

/** A conversation is answered by a model. */
export const chat: Operation<Chat, Completion> = {
  name: "chat",
  table: "chat",
  title: "Chat",
  request: ChatSchema,
  result: CompletionSchema,
  field: "chat",
  proven: true,
  usageOf: ({ usage, serviceTier }) => withTier(usage, serviceTier),
  maxOutputTokens: (request) => request.maxOutputTokens,
  urlField: partUrl,
  fit: (completion, _, callId) => nameCalls(plainCalls(completion), callId),
  faultOf: completionFault,
  stream: {
    collect: () => {
      const collector = createCollector();
      return { add: collector.add, result: collector.completion };
    },
    explode,
  },
};

/** The tokens of a conversation are counted, by the vendor or here. */
export const countTokens: Operation<Chat, CountTokensResponse> = {
  name: "count_tokens",
  table: "chat",
  title: "Token counts",
  request: ChatSchema,
  result: CountTokensResponseSchema,
  field: "chat",
  usageOf: () => undefined,
  urlField: partUrl,
};

/** Texts and pictures become vectors. */
export const embed: Operation<EmbedSpec, EmbedResult> = {
  name: "embed",
  table: "embed",
  title: "Embeddings",
  request: EmbedSpecSchema,
  result: EmbedResultSchema,
  field: "spec",
  usageOf: ({ usage }) => usage,
  fit: (result, spec) => convertEmbeddings(result, spec.encoding),
  faultOf: ({ embeddings }, { inputs }) => vectorCountFault(embeddings.length, inputs.length),
  urlField: (kind) => (kind === "image" ? "inputs[].image.url" : undefined),
};

/** Documents are ordered by what they have to do with a query. */
export const rerank: Operation<RerankSpec, RerankResult> = {
  name: "rerank",
  table: "rerank",
  title: "Rerank",
  request: RerankSpecSchema,
  result: RerankResultSchema,
  field: "spec",
  usageOf: ({ usage }) => usage,
  fit: arrangeRerank,
};

/** Texts and pictures are checked for harmful content. */
export const moderate: Operation<ModerationSpec, ModerationResult> = {
  name: "moderate",
  table: "moderate",
  title: "Moderations",
  request: ModerationSpecSchema,
  result: ModerationResultSchema,
  field: "spec",
  usageOf: ({ usage }) => usage,
};

/** Texts that guards look at. No vendor gets them, so that their message has no extras of its own. */
export type GuardedTexts = GuardSpec & Pick<RequestMessage, "extrasJson">;

/** Texts are looked at by the guards of the configuration; no vendor is asked, so no table holds. */
export const guardTexts: Operation<GuardedTexts, GuardResult> = {
  name: "guard",
  table: "moderate",
  title: "Guards",
  request: GuardSpecSchema,
  result: GuardResultSchema,
  field: "spec",
  usageOf: () => undefined,
};

/** Every operation by its name. */
export const operations: Readonly<Record<OperationName, Operation>> = {
  chat,
  count_tokens: countTokens,
  embed,
  rerank,
  moderate,
  guard: guardTexts,
};

/** The operations that have a table of fidelity of their own. */
export const declaredOperations: readonly Operation[] = Object.values(operations).filter(
  ({ name, table }) => name === table,
);

function partUrl(kind: MediaKind): string {
  return `messages[].parts[].${kind}.url`;
}

/** Gives the tool calls of an answer that their vendor left without an id one of the call's. */
function nameCalls(completion: Completion, callId: string): Completion {
  const unnamed = completion.choices.some(({ message }) =>
    message?.parts.some(({ content }) => content.case === "toolCall" && content.value.id === ""),
  );
  return unnamed ? collect(nameToolCalls(explode(completion), callId)) : completion;
}

/** Makes the arguments of an answer's tool calls plain. The same answer where they are. */
function plainCalls(completion: Completion): Completion {
  const choices = completion.choices.map((choice) => {
    const { message } = choice;
    const parts = message?.parts.map(plainCall);
    if (message === undefined || parts?.every((part, at) => part === message.parts[at]) !== false)
      return choice;
    return { ...choice, message: { ...message, parts } };
  });
  return choices.every((choice, at) => choice === completion.choices[at])
    ? completion
    : { ...completion, choices };
}

/** Callers pair vectors with inputs by their places. */
function vectorCountFault(vectors: number, inputs: number): Fault | undefined {
  return vectors === inputs
    ? undefined
    : malformed(`the provider answered with ${vectors} vectors for ${inputs} inputs`);
}

/** A message that must be of a type; anything else is a bug of the gateway. */
export function expectMessage<T extends Message>(message: Message, schema: GenMessage<T>): T {
  if (isMessage(message, schema)) return message;
  throw new Error(`expected a ${schema.typeName}, not a ${message.$typeName}`);
}
