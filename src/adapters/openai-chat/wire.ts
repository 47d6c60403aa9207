import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { EncodeOptions } from "../../core/dialect.ts";
import { dropped, type EncodeReport, refuse } from "../../core/fidelity/encode-report.ts";
import type { Quirks as AnyQuirks } from "../../core/quirks.ts";
import { asBuffer, isObject, type Json } from "../../json/json.ts";
import { isObjectText } from "../../json/members.ts";
import { type JsonMember, scanTopLevel } from "../../json/scan.ts";
import { type RawJson, rawJson, type Writable } from "../../json/write.ts";
import type { RerankShape } from "../rerank/shape.ts";
import { addExtras as addSharedExtras } from "../shared/add-extras.ts";
import type { Maker } from "../traits/model-name.ts";
import type { TurnRules } from "../turns/turn-rules.ts";

/** The dialect's name. */
export const NAME = "openai-chat";

/** Where a vendor deviates, as its row declares it; what is absent is as most vendors do. */
export type ChatQuirks = Partial<OpenAiChatQuirks>;

/**
 * Options of an encoder of this dialect. Rows of other dialects' making are accepted: unknown
 * members do nothing.
 */
export type ChatEncodeOptions = EncodeOptions<ChatQuirks & AnyQuirks>;

/** A JSON object under construction. Undefined members are not written. */
export type Draft = Record<string, Writable>;

/** A list as it is, and an object as the only element of one; undefined for anything else. */
export function listOf(value: Json | undefined): readonly Json[] | undefined {
  if (Array.isArray(value)) return value;
  return isObject(value) ? [value] : undefined;
}

/** One member of a JSON object with its exact text. */
export interface RawMember {
  readonly key: string;
  readonly text: string;
}

/**
 * The members of a JSON object with their exact texts; undefined when the text is not an object.
 */
export function rawMembers(source: string | Uint8Array): readonly RawMember[] | undefined {
  const bytes = typeof source === "string" ? Buffer.from(source) : asBuffer(source);
  return scanTopLevel(bytes)?.map((member) => ({
    key: member.key,
    text: memberText(bytes, member),
  }));
}

function memberText(bytes: Buffer, member: JsonMember): string {
  return bytes.toString("utf8", member.valueStart, member.valueEnd);
}

/**
 * Adds the members of an extras object to a draft; objects that both have are merged. What the
 * draft already says, and reserved keys, stay and are reported as dropped; a text that is no object
 * is refused.
 */
export function addExtras(
  draft: Draft,
  extras: Readonly<Record<string, string>>,
  path: string,
  report: EncodeReport,
  reserved?: ReadonlySet<string>,
): void {
  const text = extras[NAME];
  if (text === undefined || text === "") return;
  const field = `${path}["${NAME}"]`;
  const members = rawMembers(text);
  if (members === undefined) {
    refuse(report, ErrorReason.INVALID_REQUEST, field, "must be a JSON object");
    return;
  }
  const free: RawMember[] = [];
  for (const member of members) {
    if (reserved?.has(member.key) === true)
      dropped(report, `${field}.${member.key}`, "a declared field says it");
    else free.push(member);
  }
  addSharedExtras(draft, printMembers(free), field, report);
}

/**
 * A text that must be one JSON object, to be written as it is; one that is not is refused under its
 * field.
 */
export function objectText(text: string, field: string, report: EncodeReport): RawJson {
  if (!isObjectText(text))
    refuse(report, ErrorReason.INVALID_REQUEST, field, "must be a JSON object");
  return rawJson(text);
}

/** The JSON object of raw members; undefined when there are none. */
export function printMembers(members: readonly RawMember[]): string | undefined {
  if (members.length === 0) return undefined;
  return `{${members.map(({ key, text }) => `${JSON.stringify(key)}:${text}`).join(",")}}`;
}

/** An extras map with one entry for this dialect; empty when there is nothing to say. */
export function extrasOf(json: string | undefined): Record<string, string> {
  return json === undefined ? {} : { [NAME]: json };
}

/**
 * How an endpoint of the `openai-chat` dialect does what endpoints do differently. Every value is a
 * declared fact, none is guessed from a URL.
 */
export interface OpenAiChatQuirks {
  /** The request field that bounds the generated tokens. */
  readonly maxTokensField: "max_tokens" | "max_completion_tokens";
  /**
   * Whether `stream_options.include_usage` is accepted. If not, a stream's usage is what the vendor
   * chooses to send.
   */
  readonly streamUsage: boolean;
  /** Whether the `developer` role is accepted. If not, it is sent as `system`. */
  readonly developerRole: boolean;
  /**
   * The message and delta field that carries reasoning text; "none" when the endpoint returns no
   * reasoning text.
   */
  readonly reasoningField: "reasoning_content" | "reasoning" | "none";
  /** Whether `response_format: { type: "json_schema" }` is accepted. */
  readonly jsonSchema: boolean;
  /** The request field that carries the sampling seed. */
  readonly seedField: "seed" | "random_seed";
  /** Whether `parallel_tool_calls` is accepted. */
  readonly parallelToolCalls: boolean;
  /** Whether `top_k`, `min_p` and `repetition_penalty` are accepted. Absent: true. */
  readonly extendedSampling?: boolean;
  /** Whether `reasoning_details` of earlier answers are taken back. Absent: false. */
  readonly reasoningDetails?: boolean;
  /**
   * Whether `extra_content.google.thought_signature` of a tool call is taken back. Absent: false.
   */
  readonly thoughtSignatures?: boolean;
  /**
   * Ids of tool calls that are taken: at most 40 characters, or exactly nine letters and digits.
   * Absent: any.
   */
  readonly toolIds?: "short" | "nine";
  /**
   * The member that switches thinking on and off, of models that let themselves be switched:
   * `thinking: {type}`, or `enable_thinking` with `thinking_budget`. Absent: `reasoning_effort`
   * alone.
   */
  readonly thinkingSwitch?: "thinking" | "enable_thinking";
  /**
   * The maker of models whose `reasoning_effort` is `none` or `default` alone. Absent: levels are
   * taken.
   */
  readonly switchedEfforts?: Maker;
  /** What is demanded of conversations beside the usual. Absent: nothing. */
  readonly turns?: Partial<Omit<TurnRules, "sends">>;
  /**
   * The member that marks an answer that stands last as one to be gone on with. Absent: none is
   * needed, or there is none.
   */
  readonly prefillMark?: "prefix" | "partial";
  /** The path of chats with such an answer. Absent: that of all chats. */
  readonly prefillPath?: string;
  /** Whether pictures are taken by http(s) address. Absent: true. */
  readonly imageUrls?: boolean;
  /** Whether sound and videos are taken by http(s) address. Absent: false. */
  readonly playedUrls?: boolean;
  /** Which names of tools are taken: any. Absent: those that OpenAI takes. */
  readonly toolNames?: "any";
  /**
   * Whether custom tools are taken, which answer with free text
   * (https://platform.openai.com/docs/guides/function-calling#custom-tools). Absent: false.
   */
  readonly customTools?: boolean;
  /** Whether `n` above 1 is served. Absent: true. */
  readonly severalAnswers?: boolean;
  /** Whether `web_search_options` searches the web with any model. Absent: only some models do. */
  readonly webSearch?: boolean;
  /**
   * How content says that the prompt up to it is worth caching: by `cache_control`, which tools and
   * the whole chat take too, or by `prompt_cache_breakpoint`. Absent: the latter, by models that
   * are known to take it.
   */
  readonly cacheMarks?: "cache_control" | "breakpoint" | "none";
  /**
   * Whether the vendor searches the web in its Responses API alone, so that calls that want a
   * search go there. Absent: false.
   */
  readonly searchByResponses?: boolean;
  /** How many inputs one call of embeddings takes. Absent: any number, or unknown. */
  readonly embedInputs?: number;
  /**
   * Members of chats that the endpoint has nothing for, such as `user`. They are not sent but for
   * extras. Absent: none.
   */
  readonly unsupported?: readonly string[];
  /**
   * The members of chats that the endpoint takes beside model, messages and stream, where it
   * refuses all others. Of those that clients of the dialect know, only these are sent. Absent: it
   * takes any, or ignores what it does not know.
   */
  readonly takes?: readonly string[];
  /**
   * The members of legacy completions that the endpoint takes beside model, prompt and stream. Of
   * those that clients of the dialect know, only these are sent. Absent: it takes any.
   */
  readonly completionsTake?: readonly string[];
  /**
   * The members of messages that the endpoint takes beside role, content, tool_calls and
   * tool_call_id, where it refuses all others; `tool.name` is one in messages of that role. Absent:
   * any.
   */
  readonly messagesTake?: readonly string[];
  /** The shape of rerank requests. Absent: `jina`, and `cohere` in Cohere's own dialect. */
  readonly rerankShape?: RerankShape;
  /** In whose words the knobs of embeddings are said. Absent: `openai`. */
  readonly embedShape?: "openai" | "plain" | "voyage" | "jina" | "perplexity";
  /** The path of legacy completions after the base URL. Absent: `/completions`. */
  readonly completionsPath?: string;
  /**
   * Whether the vendor's Responses API, where it has one, keeps what requests refer to. Absent:
   * true.
   */
  readonly storage?: boolean;
  /** What is taken for moderation. Absent: `any`, texts and pictures. */
  readonly moderationInput?: "any" | "text";
}

/**
 * Keeps a stream open: a comment, which readers of server-sent events skip
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream), as the
 * SDKs of the vendor do.
 */
export const HEARTBEAT = ": keep-alive\n\n";
