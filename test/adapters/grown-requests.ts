import {
  clone,
  create,
  type DescField,
  type DescMessage,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import {
  contractFields,
  isOwnField,
  type PathStep,
  pathSteps,
} from "../../src/core/fidelity/contract-fields.ts";
import { focus, listValue, readField, setField } from "./contract-sentinels.ts";
import { grownJson, grownSchemas, grownTexts } from "./grown-texts.ts";

/** A request of which one list, map or text is as large as is wanted. */
export interface GrownRequest {
  /** Such as `messages[].parts[] of image.url`. */
  readonly title: string;
  readonly grow: (size: number) => Message;
}

/** What requests are grown from. */
export interface GrownRequestOptions {
  readonly schema: DescMessage;
  /** Requests in which a field makes sense, the usual one first. */
  readonly settings: (path: string) => readonly Message[];
  readonly dialect: string;
  /** Whether the dialect can send a request. */
  readonly accepts: (request: Message) => boolean;
}

/**
 * Every list, map, text and JSON text of a contract message, each grown in a request that the
 * dialect can send. A list of messages grows by copies of an item, once for each kind of item that
 * the contract knows.
 */
export function grownRequests(options: GrownRequestOptions): readonly GrownRequest[] {
  const { schema } = options;
  const grown = new Map<string, GrownRequest>();
  for (const path of contractFields(schema)) {
    const steps = pathSteps(schema, path) ?? [];
    if (isOwnField(path) && steps.at(-1)?.field.fieldKind !== "list") continue;
    const base = baseFor(options, path, steps);
    if (base === undefined) continue;
    for (const request of [
      ...grownLists(schema, steps, base),
      ...grownLeaf(options, path, steps, base),
    ]) {
      if (!grown.has(request.title)) grown.set(request.title, request);
    }
  }
  return [...grown.values()];
}

/** A request that has the field, which the dialect takes; or else one that it refuses. */
function baseFor(
  { schema, settings, accepts, dialect }: GrownRequestOptions,
  path: string,
  steps: readonly PathStep[],
) {
  const candidates = settings(path).map((setting) => {
    const request = clone(schema, setting);
    const field = steps.at(-1)?.field;
    if (field !== undefined && !isSet(request, steps))
      setField(request, steps, smallValue(field, dialect));
    return request;
  });
  return candidates.find(accepts) ?? candidates[0];
}

function isSet(message: object, [step, ...rest]: readonly PathStep[]): boolean {
  if (step === undefined) return true;
  const inner = readField(message, step.field);
  if (Array.isArray(inner))
    return inner.length > 0 && (rest.length === 0 || isSet(Object(focus(inner, rest)), rest));
  return inner !== undefined && inner !== "" && (rest.length === 0 || isSet(Object(inner), rest));
}

/** Something that a field can hold, so that what it stands in is there. */
function smallValue(field: DescField, dialect: string): unknown {
  switch (field.fieldKind) {
    case "list":
      return listValue(field, "small").value;
    case "map":
      return holdsText(field) ? { [dialect]: "{}" } : { 17: 1 };
    case "message":
      return create(field.message);
    case "enum":
      return field.enum.values.at(-1)?.number;
    case "scalar":
      if (field.scalar === ScalarType.STRING) return "small";
      if (field.scalar === ScalarType.BYTES) return Buffer.from("small");
      if (field.scalar === ScalarType.BOOL) return true;
      return field.scalar === ScalarType.INT64 ? 1n : 1;
  }
}

/**
 * For each list of messages on the way to a field, the same request with many copies of the item
 * that the way goes through; for a list of several items also one in which the whole list comes
 * again and again, as turns of a conversation do.
 */
function grownLists(
  schema: DescMessage,
  steps: readonly PathStep[],
  base: Message,
): readonly GrownRequest[] {
  return steps.flatMap(({ field }, at): readonly GrownRequest[] => {
    if (field.fieldKind !== "list" || field.listKind !== "message") return [];
    const way = steps.slice(0, at + 1);
    const title = `${printed(way)} of ${kindOf(steps.slice(at + 1))}`;
    const copied = (size: number, isCopied: (item: unknown, focused: unknown) => boolean) => {
      const request = clone(schema, base);
      const items = listAt(request, way);
      const focused = focus(items, steps.slice(at + 1));
      copyItems(items, (item) => isCopied(item, focused), size);
      return request;
    };
    const alone = {
      title,
      grow: (size: number) => copied(size, (item, focused) => item === focused),
    };
    if (listAt(base, way).length < 2) return [alone];
    const whole = `all ${printed(way)} with ${steps
      .slice(at + 1, at + 3)
      .map((step) => step.field.name)
      .join(".")}`;
    return [alone, { title: whole, grow: (size: number) => copied(size, () => true) }];
  });
}

/** Puts many copies of some of the items, in turn, where the first of them stood. */
function copyItems(items: unknown[], isCopied: (item: unknown) => boolean, size: number): void {
  const given = items.splice(0);
  const originals = given.filter(isCopied);
  for (const item of given) {
    if (!isCopied(item)) items.push(item);
    else if (item === originals[0]) {
      for (let copy = 0; copy < size / originals.length; copy += 1) {
        for (const original of originals) items.push(renamed(original, copy));
      }
    }
  }
}

/** What an item is: the field that it has, and which of several if that holds one of several. */
function kindOf([first, second]: readonly PathStep[]): string {
  const name = first?.field.name ?? "itself";
  return second?.field.oneof === undefined || first?.field.fieldKind === "list"
    ? name
    : `${name}.${second.field.name}`;
}

function listAt(message: object, [step, ...rest]: readonly PathStep[]): unknown[] {
  if (step === undefined) throw new Error("a list is at the end of a step");
  const inner = readField(message, step.field);
  if (rest.length === 0) return Array.isArray(inner) ? inner : [];
  return listAt(Object(Array.isArray(inner) ? focus(inner, rest) : inner), rest);
}

/** The names of what an item holds, which are unique in a real request. */
const names: ReadonlySet<string> = new Set(["id", "name", "toolCallId"]);

/**
 * A copy that shares nothing with the original but bytes, under names of its own. Messages are
 * plain objects.
 */
function renamed(value: unknown, copy: number): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, copy));
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (names.has(key) && typeof inner === "string" && inner !== "")
        return [key, `${inner}_${copy}`];
      return [key, renamed(inner, copy)];
    }),
  );
}

/**
 * The same request with much in the field itself: a list of scalars, a map, a text or a JSON text.
 */
function grownLeaf(
  { schema, dialect }: GrownRequestOptions,
  path: string,
  steps: readonly PathStep[],
  base: Message,
): readonly GrownRequest[] {
  const field = steps.at(-1)?.field;
  if (field === undefined) return [];
  return grownValues(field, path, dialect).map(([kind, make]) => ({
    title: `${path}${kind}`,
    grow: (size) => {
      const request = clone(schema, base);
      setField(request, steps, make(size));
      return request;
    },
  }));
}

type GrownValue = readonly [kind: string, make: (size: number) => unknown];

function grownValues(field: DescField, path: string, dialect: string): readonly GrownValue[] {
  switch (field.fieldKind) {
    case "list":
      return field.listKind === "message" ? [] : [["[]", (size) => listOf(field, size)]];
    case "map":
      return grownMaps(path, holdsText(field), dialect);
    case "scalar":
      if (field.scalar === ScalarType.BYTES)
        return [[" in bytes", (size) => Buffer.alloc(size * 16, "bytes ")]];
      if (field.scalar !== ScalarType.STRING) return [];
      if (/(?:schema|parameters)_json$/.test(field.name)) return [...grownJson, ...grownSchemas];
      return field.name === "json" || field.name.endsWith("_json") ? grownJson : grownTexts;
    default:
      return [];
  }
}

function listOf(
  field: DescField & { readonly fieldKind: "list" },
  size: number,
): readonly unknown[] {
  if (field.listKind === "enum")
    return Array.from({ length: size }, () => field.enum.values.at(-1)?.number);
  const text = field.listKind === "scalar" && field.scalar === ScalarType.STRING;
  return Array.from({ length: size }, (_, at) => (text ? `item ${at}` : at));
}

function holdsText(field: DescField & { readonly fieldKind: "map" }): boolean {
  return field.mapKind === "scalar" && field.scalar === ScalarType.STRING;
}

function grownMaps(path: string, byText: boolean, dialect: string): readonly GrownValue[] {
  const entries: GrownValue = [
    "{}",
    (size) =>
      Object.fromEntries(
        Array.from({ length: size }, (_, at) => [byText ? `key_${at}` : at, byText ? "{}" : 1]),
      ),
  ];
  if (!path.endsWith("extras_json")) return [entries];
  return [dialect, "another"].reduce<readonly GrownValue[]>(
    (all, name) =>
      all.concat(
        grownJson.map(([kind, textOf]) => [
          `["${name}"]${kind}`,
          (size) => ({ [name]: textOf(size) }),
        ]),
      ),
    [entries],
  );
}

function printed(steps: readonly PathStep[]): string {
  return steps
    .map(({ field }) => (field.fieldKind === "list" ? `${field.name}[]` : field.name))
    .join(".");
}
