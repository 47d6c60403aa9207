import { FieldOutcome, type FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import {
  SearchContextSize,
  type WebSearchOptions,
} from "../../../gen/parlance/chat/v1/generation_pb.js";
import type { Tool, ToolChoice } from "../../../gen/parlance/chat/v1/tool_pb.js";
import { ToolChoiceMode } from "../../../gen/parlance/chat/v1/tool_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Decoded, Dialect, Encoded, EncodeOptions } from "../../core/dialect.ts";
import { servedModel } from "../../core/target/served-model.ts";
import { isObject, type JsonObject, objectAt, parseJson, stringAt } from "../../json/json.ts";

/** A web search that a client of one dialect asks for, in the contract's words. */
interface Search {
  readonly options: WebSearchOptions;
  /** Members that only its own dialect has, such as `max_uses`. */
  readonly others: readonly string[];
}

/** The tools of vendors that search the web, by their `type`. */
const SEARCH_TYPE = /^(?:web_search(?:_preview)?(?:_\d{4}_?\d{2}_?\d{2})?|openrouter:web_search)$/;

const contextSizes: ReadonlyMap<string, SearchContextSize> = new Map([
  ["low", SearchContextSize.LOW],
  ["medium", SearchContextSize.MEDIUM],
  ["high", SearchContextSize.HIGH],
]);

/** The members that are carried over, or that only name the tool. */
const CARRIED = new Set(["type", "name", "user_location", "search_context_size", "cache_control"]);

/**
 * The dialect, where a web search among the tools of another dialect's client becomes the vendor's
 * own: `web_search` of Responses and of Messages, `googleSearch` of Gemini. A vendor that has none
 * refuses what must be searched, so that words without a search never pass as its results.
 */
export function withForeignSearch(dialect: Dialect): Dialect {
  const { chat: codec } = dialect.codecs;
  if (codec === undefined) return dialect;
  return {
    ...dialect,
    codecs: {
      ...dialect.codecs,
      chat: {
        ...codec,
        encodeRequest(chat: Chat, options: EncodeOptions): Decoded<Encoded> {
          const index = chat.tools.findIndex((tool) => isForeign(tool, dialect.name));
          if (index === -1) return codec.encodeRequest(chat, options);
          if (!mayHaveSearch(dialect.name, options)) {
            const path = `tools[${index}].builtin`;
            if (isForced(chat) || chat.tools.length === 1)
              return { ok: false, fault: noSearch(path) };
            return codec.encodeRequest(chat, options);
          }
          return encodeSearching(chat, index, dialect.name, (carried) =>
            codec.encodeRequest(carried, options),
          );
        },
      },
    },
  };
}

/**
 * Hosts of Chat Completions mostly have no search, and ignore what asks for one: it must be known
 * of the host, or of the model (`gpt-4o-search-preview`, `sonar`).
 */
function mayHaveSearch(dialect: string, options: EncodeOptions): boolean {
  if (dialect !== "openai-chat") return true;
  const declared = "webSearch" in options.quirks && options.quirks.webSearch === true;
  return declared || /search|sonar/.test(servedModel(options));
}

function isForeign({ tool }: Tool, dialect: string): boolean {
  return (
    tool.case === "builtin" &&
    tool.value.dialect !== dialect &&
    searchOf(tool.value.json) !== undefined
  );
}

/** Encodes a chat whose tool at `index` is another dialect's web search. */
function encodeSearching(
  chat: Chat,
  index: number,
  dialect: string,
  encode: (chat: Chat) => Decoded<Encoded>,
): Decoded<Encoded> {
  const tool = chat.tools[index]?.tool;
  const search = tool?.case === "builtin" ? searchOf(tool.value.json) : undefined;
  if (search === undefined) return encode(chat);
  const path = `tools[${index}].builtin`;
  const forced = isForced(chat);
  const choice = forced ? forcedChoice(dialect) : chat.toolChoice;
  const { toolChoice: _, ...rest } = chat;
  const encoded = encode({
    ...rest,
    webSearch: chat.webSearch ?? search.options,
    ...(choice === undefined ? {} : { toolChoice: choice }),
  });
  if (!encoded.ok) return encoded;
  const { request, report } = encoded.value;
  const isDropped = ({ field, outcome }: FieldReport): boolean =>
    field === "web_search" && outcome === FieldOutcome.DROPPED;
  if (report.some(isDropped)) {
    if (forced || chat.tools.length === 1) return { ok: false, fault: noSearch(path) };
    return { ok: true, value: { request, report: report.filter((one) => !isDropped(one)) } };
  }
  const own = report.filter(
    ({ field }) => field !== path && (field !== "web_search" || chat.webSearch !== undefined),
  );
  const carried = [...own, entry(path, FieldOutcome.MAPPED, "sent as the vendor's own web search")];
  if (search.others.length > 0)
    carried.push(
      entry(`${path}.json`, FieldOutcome.DROPPED, `its ${search.others.join(", ")} is not known`),
    );
  if (forced && choice === undefined)
    carried.push(
      entry("tool_choice", FieldOutcome.DROPPED, "the model itself decides when it searches"),
    );
  return { ok: true, value: { request, report: carried } };
}

function entry(field: string, outcome: FieldOutcome, note: string): FieldReport {
  return { $typeName: "parlance.call.v1.FieldReport", field, outcome, note };
}

function noSearch(field: string) {
  const message =
    "the vendor has no web search, and words without one are no results: leave the tool out, or use a model whose vendor has it";
  return {
    reason: ErrorReason.UNSUPPORTED,
    message: `${field}: ${message}`,
    fields: [{ field, message }],
  };
}

/** Whether the rule for tools demands the search itself. */
function isForced({ tools, toolChoice }: Chat): boolean {
  const choice = toolChoice?.choice;
  switch (choice?.case) {
    case "name":
      return (
        choice.value === "web_search" && !tools.some(({ tool }) => nameOf(tool) === "web_search")
      );
    case "opaque":
      return searchOf(choice.value.json) !== undefined;
    case "mode":
      return choice.value === ToolChoiceMode.REQUIRED && tools.length === 1;
    default:
      return false;
  }
}

function nameOf(tool: Tool["tool"]): string {
  return tool.case === "function" || tool.case === "custom" ? tool.value.name : "";
}

/** The rule that demands the vendor's own search; undefined where there is none. */
function forcedChoice(dialect: string): ToolChoice | undefined {
  switch (dialect) {
    case "anthropic-messages":
      return {
        $typeName: "parlance.chat.v1.ToolChoice",
        choice: { case: "name", value: "web_search" },
      };
    case "openai-responses":
      return {
        $typeName: "parlance.chat.v1.ToolChoice",
        choice: {
          case: "opaque",
          value: { $typeName: "parlance.chat.v1.Opaque", dialect, json: '{"type":"web_search"}' },
        },
      };
    default:
      return undefined;
  }
}

/** The web search that a vendor's own tool stands for; undefined where it is another tool. */
function searchOf(json: string): Search | undefined {
  const parsed = parseJson(json);
  if (!parsed.ok || !isObject(parsed.value)) return undefined;
  const google = googleSearchOf(parsed.value);
  if (google !== undefined) return google;
  const type = stringAt(parsed.value, "type") ?? "";
  if (!SEARCH_TYPE.test(type)) return undefined;
  const size = stringAt(parsed.value, "search_context_size") ?? "";
  const location = objectAt(parsed.value, "user_location");
  return {
    options: {
      $typeName: "parlance.chat.v1.WebSearchOptions",
      searchContextSize: contextSizes.get(size) ?? SearchContextSize.UNSPECIFIED,
      ...(location === undefined ? {} : { userLocation: placeOf(location) }),
    },
    others: Object.keys(parsed.value).filter((name) => !CARRIED.has(name)),
  };
}

function googleSearchOf(json: JsonObject): Search | undefined {
  const name = ["googleSearch", "google_search", "googleSearchRetrieval"].find(
    (member) => objectAt(json, member) !== undefined,
  );
  if (name === undefined || Object.keys(json).length > 1) return undefined;
  return {
    options: {
      $typeName: "parlance.chat.v1.WebSearchOptions",
      searchContextSize: SearchContextSize.UNSPECIFIED,
    },
    others: Object.keys(objectAt(json, name) ?? {}),
  };
}

/** Responses and Messages have the place flat, chat options have it under `approximate`. */
function placeOf(location: JsonObject): NonNullable<WebSearchOptions["userLocation"]> {
  const place = objectAt(location, "approximate") ?? location;
  return {
    $typeName: "parlance.chat.v1.UserLocation",
    city: stringAt(place, "city") ?? "",
    region: stringAt(place, "region") ?? "",
    country: stringAt(place, "country") ?? "",
    timezone: stringAt(place, "timezone") ?? "",
  };
}
