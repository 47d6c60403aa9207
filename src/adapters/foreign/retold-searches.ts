import type { Citation } from "../../../gen/parlance/chat/v1/citation_pb.js";
import type { Completion } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { Opaque, Part } from "../../../gen/parlance/chat/v1/part_pb.js";
import type { FacadeContext } from "../../core/dialect.ts";
import { event } from "../../events/make-events.ts";
import { arrayAt, isObject, stringAt } from "../../json/json.ts";
import {
  type FoundPage,
  type FoundSearch,
  MAX_PAGES,
  readGrounding,
  readSearchPart,
} from "./found-search.ts";

/** How a client's dialect tells of a search. */
export interface SearchWords {
  readonly dialect: string;
  /** The search in its words, one JSON text a part; `id` is unique within the answer. */
  write(search: Required<FoundSearch>, id: string): readonly string[];
}

/**
 * The searches of an answer while it is reported to a client of another dialect: the stream's own,
 * changed in place.
 */
export interface RetoldSearches {
  readonly words: SearchWords;
  readonly callId: string;
  /** Whether the client wanted a search. */
  readonly wanted: boolean;
  /** Queries whose results have not come, by their ids. */
  readonly queries: Map<string, string>;
  /** Searches of which the vendor does not say what they found. */
  waiting: FoundSearch[];
  /** Titles of the pages that the answer cites, by their addresses. */
  readonly cited: Map<string, string>;
  /** Whether the vendor itself says which searches it made, so that none is inferred. */
  reported: boolean;
  /** How many were reported to the client. */
  count: number;
}

/** The state before the first event. */
export function createRetoldSearches(words: SearchWords, context: FacadeContext): RetoldSearches {
  return {
    words,
    callId: context.callId,
    wanted: wantsSearch(context),
    queries: new Map(),
    waiting: [],
    cited: new Map(),
    reported: false,
    count: 0,
  };
}

function wantsSearch({ origin }: FacadeContext): boolean {
  const tools = origin === undefined ? undefined : arrayAt(origin.json, "tools");
  return (
    tools?.some((tool) => isObject(tool) && /^web_search/.test(stringAt(tool, "type") ?? "")) ===
    true
  );
}

/**
 * The events that an event stands for: a part of another dialect that tells of a search becomes
 * parts in the client's words, every other event is itself. Most events cost a look at their kind.
 */
export function retellEvent(state: RetoldSearches, whole: Event): readonly Event[] {
  const { event: step } = whole;
  switch (step.case) {
    case "citationAdd":
      if (step.value.choice === 0) noteCitation(state, step.value.citation);
      return [whole];
    case "partWhole": {
      const { choice, part, content } = step.value;
      if (choice !== 0 || content === undefined) return [whole];
      noteCitations(state, content);
      if (content.content.case !== "opaque") return [whole];
      const parts = retellPart(state, content.content.value);
      return parts === undefined ? [whole] : parts.map((each) => wholePart(part, each));
    }
    case "extrasSet":
      return [...retellExtras(state, step.value.dialect, step.value.json), whole];
    default:
      return [whole];
  }
}

/** What is reported at the end of an answer: searches whose results are what it cites. */
export function retellEnd(state: RetoldSearches): readonly Event[] {
  return endParts(state).map((part) => wholePart(LAST_PART, part));
}

/** The number of a part that stands behind all others. */
const LAST_PART = 1_000_000;

/** A whole answer with its searches in the client's words, before the text that rests on them. */
export function retellCompletion(
  completion: Completion,
  words: SearchWords,
  context: FacadeContext,
): Completion {
  const [choice, ...others] = completion.choices;
  const { message } = choice ?? {};
  if (choice === undefined || message === undefined) return completion;
  const state = createRetoldSearches(words, context);
  for (const part of message.parts) noteCitations(state, part);
  const parts = message.parts.flatMap((part) =>
    part.content.case === "opaque" ? (retellPart(state, part.content.value) ?? [part]) : [part],
  );
  const found = Object.entries(completion.extrasJson).flatMap(([dialect, json]) =>
    retellGrounding(state, dialect, json),
  );
  const late = [...found, ...endParts(state)];
  if (state.count === 0) return completion;
  const at = parts.findIndex(({ content }) => content.case === "text");
  const reported = parts.toSpliced(at === -1 ? parts.length : at, 0, ...late);
  return {
    ...completion,
    choices: [{ ...choice, message: { ...message, parts: reported } }, ...others],
  };
}

/** Undefined where a part says nothing of a search, or says it in the client's words already. */
function retellPart(state: RetoldSearches, opaque: Opaque): readonly Part[] | undefined {
  if (opaque.dialect === state.words.dialect) {
    state.reported = true;
    return undefined;
  }
  const found = readSearchPart(opaque);
  if (found === undefined) return undefined;
  state.reported = true;
  switch (found.kind) {
    case "query":
      state.queries.set(found.id, found.query);
      return [];
    case "pages": {
      const query = state.queries.get(found.id) ?? "";
      state.queries.delete(found.id);
      return write(state, query, found.pages);
    }
    case "search": {
      const { query, pages } = found.search;
      if (pages !== undefined) return write(state, query, pages);
      state.waiting.push(found.search);
      return [];
    }
  }
}

function retellExtras(state: RetoldSearches, dialect: string, json: string): readonly Event[] {
  return retellGrounding(state, dialect, json).map((part) => wholePart(LAST_PART, part));
}

/** Gemini tells of its searches beside the answer, and of those that it did not make too. */
function retellGrounding(state: RetoldSearches, dialect: string, json: string): readonly Part[] {
  if (dialect !== "gemini" || dialect === state.words.dialect) return [];
  state.reported = true;
  const found = readGrounding(json);
  return found === undefined ? [] : write(state, found.query, found.pages ?? []);
}

/**
 * Pages of the web that an answer cites were found by a search, where the client wanted one and the
 * vendor does not tell of it otherwise, as in Chat Completions.
 */
function endParts(state: RetoldSearches): readonly Part[] {
  const { waiting, queries, wanted, reported, cited } = state;
  const cites = [...cited].map(([url, title]) => ({ url, title }));
  const inferred = wanted && !reported && cites.length > 0 ? [""] : [];
  const open = [...queries.values(), ...waiting.map(({ query }) => query), ...inferred];
  state.waiting = [];
  queries.clear();
  if (inferred.length > 0) state.reported = true;
  return open.flatMap((query, at) => write(state, query, at === open.length - 1 ? cites : []));
}

function noteCitations(state: RetoldSearches, { content }: Part): void {
  if (content.case !== "text") return;
  for (const citation of content.value.citations) noteCitation(state, citation);
}

function noteCitation({ cited }: RetoldSearches, citation: Citation | undefined): void {
  if (citation?.source.case !== "web" || cited.size >= MAX_PAGES) return;
  const { url } = citation.source.value;
  if (url !== "" && (cited.get(url) ?? "") === "") cited.set(url, citation.title);
}

function write(state: RetoldSearches, query: string, pages: readonly FoundPage[]): readonly Part[] {
  const id = `${state.callId}_${state.count}`;
  state.count += 1;
  const titled = pages.map(({ url, title }) => ({
    url,
    title: title || state.cited.get(url) || url,
  }));
  const { words } = state;
  return words.write({ query, pages: titled }, id).map((json) => ({
    $typeName: "parlance.chat.v1.Part",
    content: {
      case: "opaque",
      value: { $typeName: "parlance.chat.v1.Opaque", dialect: words.dialect, json },
    },
  }));
}

function wholePart(part: number, content: Part): Event {
  const value = { $typeName: "parlance.chat.v1.PartWhole", choice: 0, part, content } as const;
  return event({ case: "partWhole", value });
}
