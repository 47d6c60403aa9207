import { isMessage } from "@bufbuild/protobuf";
import { type Chat, ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import {
  ReasoningEffort,
  ReasoningMode,
  type ReasoningOptions,
  type ResponseFormat,
} from "../../../gen/parlance/chat/v1/generation_pb.js";
import type { Tool } from "../../../gen/parlance/chat/v1/tool_pb.js";
import type { Call } from "../../core/call.ts";
import { tagsOf } from "../../core/caller/tags-of.ts";
import type { AttributeName, AttributeValue } from "../../core/rules/rule-attribute.ts";
import { effortWord } from "./change-parameters.ts";
import { lastText } from "./last-text.ts";
import { contentOf, contentOfTexts, type RequestContent } from "./request-content.ts";

/** Says what language a text is in, as ISO 639-1 has it; "" where that is in doubt. */
export type LanguageOf = (text: string) => string;

/** What attributes are computed with, beside the call. */
export interface AttributeWorld {
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
  readonly languageOf: LanguageOf;
  /** The headers that may be read, in lower case. */
  readonly headers: readonly string[];
}

/** Computes attributes of one call. Throws what decoding its request throws. */
export class CallAttributes {
  /** The call, with the tags that were added to it. */
  call: Call;
  readonly #world: AttributeWorld;
  #content: RequestContent | undefined;
  #plain: readonly string[] | null | undefined;
  #text: string | undefined;
  #time: Date | undefined;

  constructor(call: Call, world: AttributeWorld) {
    this.call = call;
    this.#world = world;
  }

  read(name: AttributeName): AttributeValue {
    return readers[name](this);
  }

  /** Undefined for other operations. */
  get chat(): Chat | undefined {
    const message = this.call.request.message();
    return isMessage(message, ChatSchema) ? message : undefined;
  }

  /** The texts of a chat that says nothing else, for which it need not be decoded; null: it may. */
  get plain(): readonly string[] | null {
    this.#plain ??= plainTextsOf(this.call) ?? null;
    return this.#plain;
  }

  get content(): RequestContent {
    this.#content ??=
      this.plain === null ? contentOf(this.call.request.message()) : contentOfTexts(this.plain);
    return this.#content;
  }

  get tools(): readonly Tool[] {
    return this.plain === null ? (this.chat?.tools ?? []) : [];
  }

  get text(): string {
    this.#text ??= lastText(this.call.request.message());
    return this.#text;
  }

  get language(): string {
    return this.#world.languageOf(this.text.slice(0, languageCharacters));
  }

  get time(): Date {
    this.#time ??= new Date(this.#world.wallMs());
    return this.#time;
  }

  get headers(): Readonly<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const name of this.#world.headers) {
      const value = this.call.header(name);
      if (value !== undefined) found[name] = value;
    }
    return found;
  }
}

/** How much of a text its language is seen by. */
const languageCharacters = 1000;

/** How many names of tools a condition may go through. */
const maxNames = 256;

const readers: Readonly<Record<AttributeName, (attributes: CallAttributes) => AttributeValue>> = {
  operation: ({ call }) => call.request.operation.name,
  model: ({ call }) => call.model,
  dialect: ({ call }) => call.origin?.dialect ?? "",
  stream: ({ call }) => call.request.stream,
  key: ({ call }) => call.principal?.name ?? "",
  team: ({ call }) => call.principal?.team ?? "",
  user: ({ call }) => userOf(call),
  tags: ({ call }) => tagsOf(call),
  metadata: ({ chat }) => chat?.metadata ?? {},
  headers: ({ headers }) => headers,
  text: ({ text }) => text,
  language: ({ language }) => language,
  input_tokens: ({ content }) => BigInt(content.inputTokens),
  message_count: ({ content }) => BigInt(content.count),
  modalities: ({ content }) => [...content.kinds],
  has_images: ({ content }) => content.kinds.has("image"),
  has_audio: ({ content }) => content.kinds.has("audio"),
  has_files: ({ content }) => content.kinds.has("file"),
  tools: ({ tools }) => tools.length > 0,
  tool_count: ({ tools }) => BigInt(tools.length),
  tool_names: ({ tools }) => tools.slice(0, maxNames).map(toolName),
  response_format: ({ chat }) => formatOf(chat?.responseFormat),
  reasoning: ({ chat }) => thinks(chat?.reasoning),
  reasoning_effort: ({ chat }) => effortWord(chat?.reasoning?.effort ?? 0),
  max_tokens: ({ chat }) =>
    chat?.maxOutputTokens === undefined ? undefined : BigInt(chat.maxOutputTokens),
  temperature: ({ chat }) => chat?.sampling?.temperature,
  time: ({ time }) => time,
  hour: ({ time }) => BigInt(time.getUTCHours()),
  weekday: ({ time }) => BigInt(time.getUTCDay()),
};

function plainTextsOf({ origin, request }: Call): readonly string[] | undefined {
  if (request.operation.name !== "chat" || request.parts !== undefined) return undefined;
  return origin?.plainTexts?.(origin.json);
}

function userOf({ request }: Call): string {
  const message = request.message();
  if (isMessage(message, ChatSchema)) return message.user || message.safetyIdentifier;
  return "user" in message && typeof message.user === "string" ? message.user : "";
}

/** The name of a tool of the vendor's own is its type. */
function toolName({ tool }: Tool): string {
  if (tool.case === undefined) return "";
  if (tool.case !== "builtin") return tool.value.name;
  return /"type"\s*:\s*"([^"\\]{0,128})"/.exec(tool.value.json.slice(0, 1024))?.[1] ?? "";
}

function formatOf(format: ResponseFormat | undefined): string {
  switch (format?.format.case) {
    case undefined:
    case "text":
      return "text";
    case "jsonObject":
      return "json_object";
    case "jsonSchema":
      return "json_schema";
    case "opaque":
      return "other";
  }
}

/** Whether a request wants its model to think. */
function thinks(options: ReasoningOptions | undefined): boolean {
  if (options === undefined || options.mode === ReasoningMode.DISABLED) return false;
  const { mode, effort, budgetTokens = 0 } = options;
  if (effort === ReasoningEffort.NONE) return false;
  return (
    mode !== ReasoningMode.UNSPECIFIED || effort !== ReasoningEffort.UNSPECIFIED || budgetTokens > 0
  );
}
