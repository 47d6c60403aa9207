import { appendAll } from "../../../core/append-all.ts";
import type { Frame } from "../../../core/dialect.ts";
import type { PassContext } from "../../../core/pass-context.ts";
import {
  arrayAt,
  asBuffer,
  intAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  stringAt,
} from "../../../json/json.ts";
import { plainArguments } from "../../../json/plain-arguments.ts";
import { heldInput, takeInput } from "../../shared/answers/held-input.ts";
import { argumentsOf } from "../content-part.ts";
import { mendContent, mendItem, mendResponse, textContent } from "./response.ts";
import {
  beginItem,
  emptyItem,
  isOf,
  itemTypeOf,
  type MendedItem,
  wholeItem,
} from "./stream-part.ts";

/** Mends the events of one stream. */
export interface EventMender {
  /** Whether an event goes to the client as it is. Next to nothing for the deltas of an item. */
  flows(frame: Frame): boolean;
  /**
   * The events that a client gets in place of one: that very object alone where nothing is to mend.
   */
  mend(type: string, event: JsonObject): readonly JsonObject[];
  /** The end, where the vendor says by `[DONE]` that it is there. Empty: nothing has begun. */
  close(): readonly JsonObject[];
  /** Whether the end was seen. Ends of items are none: another item may have been to come. */
  ended(): boolean;
}

interface Mending {
  readonly context: PassContext;
  /** The number of the next event. */
  sequence: number;
  /** Events were added or left out, so that numbers are no longer the vendor's. */
  renumbers: boolean;
  /** The response as the client has seen it; undefined before its beginning. */
  response: JsonObject | undefined;
  /** By the client's numbers of them. */
  readonly items: MendedItem[];
  readonly byId: Map<string, MendedItem>;
  /** Those that are open, by the vendor's numbers of them. */
  readonly byPlace: Map<number, MendedItem>;
  /** The item that began last. */
  latest: MendedItem | undefined;
  ended: boolean;
}

/** A mender that has seen nothing. */
export function createEventMender(context: PassContext): EventMender {
  const state: Mending = {
    context,
    sequence: 0,
    renumbers: false,
    response: undefined,
    items: [],
    byId: new Map(),
    byPlace: new Map(),
    latest: undefined,
    ended: false,
  };
  return {
    flows: (frame) => flows(state, frame),
    mend: (type, event) => numbered(state, mend(state, type, event)),
    close: () => (state.items.length === 0 ? [] : numbered(state, close(state))),
    ended: () => state.ended,
  };
}

/** A delta as OpenAI writes it, up to its words. */
const DELTA =
  /^\{\s*"type"\s*:\s*"(response\.[a-z_]+\.)delta"\s*,\s*"sequence_number"\s*:\s*(\d{1,15})\s*,\s*"item_id"\s*:\s*"([^"\\]{1,256})"\s*,\s*"output_index"\s*:\s*(\d{1,9})\s*,\s*(?:"(?:content|summary)_index"\s*:\s*(\d{1,9})\s*,\s*)?"delta"\s*:\s*"/;

/** No delta begins with more than this before its words. */
const DELTA_BYTES = 512;

function flows(state: Mending, { data }: Frame): boolean {
  const { latest: item } = state;
  if (item === undefined || item.done || !item.flows) return false;
  const found = DELTA.exec(
    asBuffer(data).toString("latin1", 0, Math.min(data.length, DELTA_BYTES)),
  );
  if (found === null) return false;
  const [, type = "", sequence = "", id, place, content] = found;
  const placed = id === item.id && Number(place) === item.index && itemTypeOf(type) === item.type;
  if (!placed || !rises(state, Number(sequence))) return false;
  if (content !== undefined && Number(content) >= item.contents && item.type !== "reasoning")
    return false;
  if (content === undefined && item.type === "message") return false;
  state.sequence = Number(sequence) + 1;
  item.unseen = true;
  return true;
}

function rises({ sequence, renumbers }: Numbers, own: number | undefined): own is number {
  return own !== undefined && (renumbers ? own === sequence : own >= sequence);
}

type Numbers = Pick<Mending, "sequence" | "renumbers">;

/** Numbers that rise: an event with one that does not gets the next. */
function numbered(state: Numbers, events: readonly JsonObject[]): readonly JsonObject[] {
  if (events.length !== 1) state.renumbers = true;
  return events.map((event) => {
    const own = intAt(event, "sequence_number");
    const fits = rises(state, own);
    const number = fits ? own : state.sequence;
    state.sequence = number + 1;
    return fits ? event : { ...event, sequence_number: number };
  });
}

function mend(state: Mending, type: string, event: JsonObject): readonly JsonObject[] {
  const typed = event.type === type ? event : { ...event, type };
  switch (type) {
    case "response.created":
    case "response.queued":
    case "response.in_progress":
      return begin(state, type, typed);
    case "response.output_item.added":
      return [...begun(state), ...addItem(state, typed)];
    case "response.output_item.done":
      return [...begun(state), ...endItem(state, typed)];
    case "response.completed":
    case "response.incomplete":
    case "response.cancelled":
      return end(state, type, typed);
    default: {
      const grown = itemTypeOf(type);
      return grown === undefined ? [typed] : [...begun(state), ...grow(state, grown, typed)];
    }
  }
}

function begin(state: Mending, type: string, event: JsonObject): readonly JsonObject[] {
  const response = objectAt(event, "response") ?? {};
  const status = type === "response.queued" ? "queued" : "in_progress";
  const mended = mendResponse(response, state.context, status);
  const first = state.response === undefined;
  state.response ??= mended;
  const opening =
    first && type !== "response.created" ? [{ type: "response.created", response: mended }] : [];
  return [...opening, event.response === mended ? event : { ...event, response: mended }];
}

/** The beginning that the vendor left out. */
function begun(state: Mending): readonly JsonObject[] {
  if (state.response !== undefined) return [];
  const response = mendResponse({}, state.context, "in_progress");
  state.response = response;
  return ["response.created", "response.in_progress"].map((type) => ({ type, response }));
}

function addItem(state: Mending, event: JsonObject): readonly JsonObject[] {
  const json = objectAt(event, "item") ?? emptyItem("message");
  const item = openItem(state, json, intAt(event, "output_index"));
  const same = event.output_index === item.index && event.item === item.json;
  return [same ? event : { ...event, output_index: item.index, item: item.json }];
}

function openItem(state: Mending, json: JsonObject, place: number | undefined): MendedItem {
  const item = beginItem(json, { index: state.items.length, place }, state.context);
  state.items.push(item);
  state.byId.set(item.id, item);
  state.byPlace.set(item.place, item);
  state.latest = item;
  return item;
}

/** The open item that an event is of: by its id, its number, or as the one that began last. */
function findItem(state: Mending, event: JsonObject, fits: (item: MendedItem) => boolean) {
  const named = state.byId.get(stringAt(event, "item_id") ?? "");
  const placed = state.byPlace.get(intAt(event, "output_index") ?? -1);
  return [named, placed, state.latest].find(
    (item) => item !== undefined && !item.done && fits(item),
  );
}

/** What grows an item; one that has not begun begins with it. */
function grow(state: Mending, type: string, event: JsonObject): readonly JsonObject[] {
  const name = nameOf(event);
  const events: JsonObject[] = [];
  let item = findItem(state, event, (open) => isOf(open, type, name));
  if (item === undefined) {
    const json = { ...emptyItem(type), ...idOf(event) };
    item = openItem(state, json, intAt(event, "output_index"));
    events.push(added(item));
  }
  const placed = replaced(event, { item_id: item.id, output_index: item.index });
  if (type === "function_call" || type === "custom_tool_call")
    appendAll(events, feed(item, placed));
  else appendAll(events, addContent(item, placed));
  return events;
}

function nameOf(event: JsonObject): string {
  return stringAt(event, "type") ?? "";
}

function idOf(event: JsonObject): JsonObject {
  const id = stringAt(event, "item_id") ?? "";
  return id === "" ? {} : { id };
}

function added({ index, json }: MendedItem): JsonObject {
  return { type: "response.output_item.added", output_index: index, item: json };
}

/** Contents of messages and summaries of reasoning, in order. */
function addContent(item: MendedItem, event: JsonObject): readonly JsonObject[] {
  const name = nameOf(event);
  const member = name.includes("summary") ? "summary_index" : "content_index";
  const begins = name.endsWith("_part.added");
  const sent = intAt(event, member);
  const known = sent !== undefined && sent < item.contents;
  const at = begins ? item.contents : known ? sent : Math.max(0, item.contents - 1);
  const opening = begins || item.contents > 0 ? [] : partOf(item, name);
  if (begins || item.contents === 0) item.contents += 1;
  const words = name.endsWith(".delta") ? (stringAt(event, "delta") ?? "") : undefined;
  if (words !== undefined) item.words.push(words);
  const part = begins ? { part: mendContent(event.part ?? textContent("")) } : undefined;
  return [
    ...opening,
    replaced(event, { [member]: at, ...part, ...(words === undefined ? {} : { delta: words }) }),
  ];
}

/** The beginning of the first part, where the vendor left that out. */
function partOf(item: MendedItem, name: string): readonly JsonObject[] {
  const where = { item_id: item.id, output_index: item.index };
  if (name.startsWith("response.reasoning_summary"))
    return [
      {
        type: "response.reasoning_summary_part.added",
        ...where,
        summary_index: 0,
        part: { type: "summary_text", text: "" },
      },
    ];
  if (item.type !== "message") return [];
  const refuses = name.startsWith("response.refusal");
  const part = refuses ? { type: "refusal", refusal: "" } : textContent("");
  return [{ type: "response.content_part.added", ...where, content_index: 0, part }];
}

function feed(item: MendedItem, event: JsonObject): readonly JsonObject[] {
  const custom = item.type === "custom_tool_call";
  if (nameOf(event).endsWith(".delta")) {
    const piece = textOf(event.delta);
    item.words.push(piece);
    const shown = takeInput(item, piece);
    return shown === "" && piece !== "" ? [] : [replaced(event, { delta: shown })];
  }
  if (custom) return [replaced(event, { input: stringAt(event, "input") ?? item.words.join("") })];
  const sent = argumentsOf(event);
  const text = plainArguments(sent === "" ? item.words.join("") : sent);
  return [...heldDelta(item), replaced(event, { arguments: text })];
}

function textOf(value: Json | undefined): string {
  if (typeof value === "string") return value;
  return isObject(value) ? JSON.stringify(value) : "";
}

function heldDelta(item: MendedItem): readonly JsonObject[] {
  const delta = heldInput(item);
  item.held = "";
  return delta === "" ? [] : [inputDelta(item, delta)];
}

function inputDelta({ id, index }: MendedItem, delta: string): JsonObject {
  const type = "response.function_call_arguments.delta";
  return { type, item_id: id, output_index: index, delta };
}

function endItem(state: Mending, event: JsonObject): readonly JsonObject[] {
  const json = objectAt(event, "item") ?? {};
  const named = { ...event, item_id: stringAt(json, "id") ?? null };
  const type = stringAt(json, "type");
  let item = findItem(state, named, (open) => type === undefined || open.type === type);
  const opening: JsonObject[] = [];
  if (item === undefined) {
    item = openItem(state, json, intAt(event, "output_index"));
    opening.push(added({ ...item, json: { ...item.json, ...UNFED[item.type] } }));
  }
  appendAll(opening, heldDelta(item));
  const fed = item.unseen || item.words.length > 0;
  const whole = closeItem(state, item, json);
  if (!fed && item.type === "function_call") opening.push(inputDelta(item, argumentsOf(whole)));
  const same = event.item === whole && event.output_index === item.index;
  return [...opening, same ? event : { ...event, output_index: item.index, item: whole }];
}

/** What an item begins with that comes whole. */
const UNFED: Readonly<Record<string, JsonObject>> = {
  message: { status: "in_progress", content: [] },
  function_call: { status: "in_progress", arguments: "" },
  custom_tool_call: { status: "in_progress", input: "" },
};

function closeItem(state: Mending, item: MendedItem, json: JsonObject): JsonObject {
  const lacks = item.type === "function_call" && argumentsOf(json) === "";
  const known = lacks && !item.unseen ? { ...json, arguments: item.words.join("") } : json;
  const calls = item.json.call_id !== undefined;
  const names = { id: item.id, ...(calls ? { call_id: item.callId } : undefined) };
  const whole = mendItem(replaced(known, names), item, true);
  item.json = whole;
  item.done = true;
  item.words.length = 0;
  if (state.byPlace.get(item.place) === item) state.byPlace.delete(item.place);
  return whole;
}

function close(state: Mending): readonly JsonObject[] {
  const type = "response.completed";
  return end(state, type, { type, response: { ...state.response, status: "completed" } });
}

/** The end, with the ends of items that the vendor left out. */
function end(state: Mending, type: string, event: JsonObject): readonly JsonObject[] {
  const opening = [...begun(state)];
  const response = objectAt(event, "response") ?? {};
  const output = arrayAt(response, "output") ?? [];
  for (const item of state.items) {
    if (item.done) continue;
    const last = output[item.index];
    const json = isObject(last) && last.type === item.type ? last : wholeItem(item);
    if (json === undefined) continue;
    appendAll(opening, heldDelta(item));
    const whole = closeItem(state, item, json);
    opening.push({ type: "response.output_item.done", output_index: item.index, item: whole });
  }
  state.ended = true;
  const mended = mendEnd(state, response, type.replace("response.", ""));
  return [...opening, event.response === mended ? event : { ...event, response: mended }];
}

function mendEnd(state: Mending, response: JsonObject, status: string): JsonObject {
  const sent = arrayAt(response, "output");
  const output = sent === undefined || sent.length === 0 ? wholeItems(state) : sent;
  const items = output.map((json, at) => {
    const item = state.items[at];
    const same = isObject(json) && item?.type === json.type ? item : undefined;
    if (!isObject(json)) return json;
    return mendItem(json, same ?? beginItem(json, { index: at }, state.context), true);
  });
  const same =
    sent !== undefined &&
    items.length === sent.length &&
    items.every((item, at) => item === sent[at]);
  const begunAs = state.response?.id;
  const named =
    stringAt(response, "id") || begunAs === undefined ? response : { ...response, id: begunAs };
  return mendResponse(same ? named : { ...named, output: items }, state.context, status);
}

function wholeItems({ items }: Mending): readonly JsonObject[] {
  return items.flatMap(({ done, json }) => (done ? [json] : []));
}

function replaced(event: JsonObject, members: JsonObject): JsonObject {
  const same = Object.entries(members).every(([key, value]) => event[key] === value);
  return same ? event : { ...event, ...members };
}
