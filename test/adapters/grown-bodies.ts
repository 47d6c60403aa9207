import { isObject, type Json, type JsonObject } from "../../src/json/json.ts";
import { grownTexts, list } from "./grown-texts.ts";

/** A body of which one list, object or text is as large as is wanted. */
export interface GrownBody {
  /** Such as `messages[].content[] with many of {"type":"text"}`. */
  readonly title: string;
  /** Whether a list or an object grows, and not a text. */
  readonly holdsMany: boolean;
  readonly grow: (size: number) => JsonObject;
}

type Grow = (size: number) => Json;

/**
 * Every list, object and text of a body, grown: a list by copies of each of its items and by items
 * that nobody knows, an object by members that nobody knows, a text by texts that are hard to
 * search.
 */
export function grownBodies(body: JsonObject): readonly GrownBody[] {
  const grown = new Map<string, GrownBody>();
  visit(
    body,
    "",
    (title, make, place) => {
      if (!grown.has(title))
        grown.set(title, {
          title,
          holdsMany: /\[\]$|with many/.test(title),
          grow: (size) => place(make(size)),
        });
    },
    (value) => (isObject(value) ? value : {}),
  );
  return [...grown.values()];
}

/**
 * Told of a value that can grow: what of it grows, the value of a size, and the body with another
 * value in its place.
 */
type Tell = (title: string, make: Grow, place: (value: Json) => JsonObject) => void;

function visit(value: Json, path: string, tell: Tell, place: (value: Json) => JsonObject): void {
  if (typeof value === "string") {
    for (const [kind, textOf] of grownTexts) tell(`${path}${kind}`, textOf, place);
  } else if (Array.isArray(value)) visitList(value, path, tell, place);
  else if (isObject(value)) visitObject(value, path, tell, place);
}

function visitList(
  items: readonly Json[],
  path: string,
  tell: Tell,
  place: (value: Json) => JsonObject,
): void {
  const at =
    (index: number, make: (size: number) => readonly Json[]): Grow =>
    (size) => [...items.slice(0, index), ...make(size), ...items.slice(index + 1)];
  for (const [index, item] of items.entries()) {
    tell(
      `${path}[] with many of ${kindOf(item)}`,
      at(index, (size) => list(size, (copy) => renamed(item, copy))),
      place,
    );
    visit(item, `${path}[]`, tell, (inner) => place(items.with(index, inner)));
  }
  tell(
    `${path}[] with many strangers`,
    at(items.length, (size) => list(size, (copy) => ({ type: "stranger", role: "user", copy }))),
    place,
  );
  tell(
    `${path}[] with many texts`,
    at(items.length, (size) => list(size, (copy) => `text ${copy}`)),
    place,
  );
  const turns = (size: number) =>
    list(Math.ceil(size / items.length), (copy) => items.map((item) => renamed(item, copy)));
  if (items.length > 1) tell(`all ${path}[]`, (size) => turns(size).flat(), place);
}

function visitObject(
  object: JsonObject,
  path: string,
  tell: Tell,
  place: (value: Json) => JsonObject,
): void {
  tell(
    `${path}{} with many members`,
    (size) => ({
      ...object,
      ...Object.fromEntries(list(size, (at) => [`stranger_${at}`, { at }])),
    }),
    place,
  );
  for (const [key, inner] of Object.entries(object)) {
    if (inner !== undefined)
      visit(inner, path === "" ? key : `${path}.${key}`, tell, (value) =>
        place({ ...object, [key]: value }),
      );
  }
}

/** What tells one item from others of its list. */
function kindOf(item: Json): string {
  if (!isObject(item)) return typeof item;
  const { type, role } = item;
  return String(type ?? role ?? Object.keys(item).join("+"));
}

/** The members by which items of a real request differ. */
const names: ReadonlySet<string> = new Set([
  "id",
  "name",
  "call_id",
  "tool_call_id",
  "tool_use_id",
]);

function renamed(item: Json, copy: number): Json {
  if (Array.isArray(item)) return item.map((inner: Json) => renamed(inner, copy));
  if (!isObject(item)) return item;
  return Object.fromEntries(
    Object.entries(item).map(([key, value]): [string, Json] => {
      if (names.has(key) && typeof value === "string") return [key, `${value}_${copy}`];
      return [key, renamed(value ?? null, copy)];
    }),
  );
}
