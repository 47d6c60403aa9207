import type { Json } from "../../vendors/json-value.ts";
import type { Random } from "../random.ts";
import {
  type JsonRoot,
  type JsonSlot,
  type JsonTree,
  printTree,
  raw,
  slotsOf,
  toTree,
} from "./json-tree.ts";
import { mutateBytes } from "./mutate-bytes.ts";
import { nastyValue } from "./nasty-values.ts";

/** Bounds of a mutated body. */
export interface JsonBounds {
  /** About the most bytes of the body. */
  readonly maxBytes: number;
}

type Mutation = (root: JsonRoot, slot: JsonSlot, random: Random, bounds: JsonBounds) => void;

const mutations: readonly Mutation[] = [
  replace,
  replace,
  replace,
  drop,
  duplicate,
  rename,
  splice,
  repeat,
  retype,
  unknown,
];

/**
 * A body that was valid, changed in one to five places of its tree, and now and then in its bytes
 * as well. The same numbers give the same bytes.
 */
export function mutateJson(value: Json, random: Random, bounds: JsonBounds): Buffer {
  const root = { value: toTree(value) };
  const changes = random.chance(0.05) ? 0 : 1 + random.int(random.pick([1, 1, 2, 5]));
  for (let change = 0; change < changes; change += 1) {
    random.pick(mutations)(root, random.pick(slotsOf(root)), random, bounds);
    if (printTree(root.value).length > bounds.maxBytes) break;
  }
  const bytes = Buffer.from(printTree(root.value));
  return random.chance(0.12) ? mutateBytes(bytes, random) : bytes;
}

function replace(_root: JsonRoot, slot: JsonSlot, random: Random, { maxBytes }: JsonBounds): void {
  slot.set(raw(nastyValue(random, Math.min(maxBytes, 16_384))));
}

function drop(_root: JsonRoot, { owner, at }: JsonSlot): void {
  if (owner?.kind === "object") owner.members.splice(at, 1);
  if (owner?.kind === "array") owner.items.splice(at, 1);
}

function duplicate(_root: JsonRoot, slot: JsonSlot, random: Random): void {
  const { owner, at } = slot;
  const copy = random.chance(0.5) ? slot.get() : raw(nastyValue(random));
  if (owner?.kind === "array") owner.items.splice(at, 0, copy);
  const key = owner?.kind === "object" ? owner.members[at]?.key : undefined;
  if (owner?.kind === "object" && key !== undefined)
    owner.members.splice(random.int(2) + at, 0, { key, value: copy });
}

function rename(_root: JsonRoot, { owner, at }: JsonSlot, random: Random): void {
  if (owner?.kind !== "object") return;
  const { key = '""', value = raw("null") } = owner.members[at] ?? {};
  const name = key.slice(1, -1);
  const renamed = random.pick([
    name.toUpperCase(),
    `${name}s`,
    ` ${name}`,
    "__proto__",
    "constructor",
    "\\ud800",
    "",
    name.slice(1),
  ]);
  owner.members[at] = { key: `"${renamed}"`, value };
}

/** Another part of the same body stands here. */
function splice(root: JsonRoot, slot: JsonSlot, random: Random): void {
  const text = printTree(random.pick(slotsOf(root)).get());
  slot.set(raw(text));
}

/** An item, or the whole value, many times. */
function repeat(_root: JsonRoot, slot: JsonSlot, random: Random, { maxBytes }: JsonBounds): void {
  const text = printTree(slot.get());
  const most = Math.min(random.pick([3, 30, 300, 3000]), Math.floor(maxBytes / (text.length + 1)));
  const copies = Array.from({ length: most }, (): JsonTree => raw(text));
  if (slot.owner?.kind === "array") slot.owner.items.splice(slot.at, 0, ...copies);
  else slot.set({ kind: "array", items: copies });
}

/** The value in another type that holds the same. */
function retype(_root: JsonRoot, slot: JsonSlot, random: Random): void {
  const text = printTree(slot.get());
  slot.set(
    raw(
      random.pick([
        `[${text}]`,
        `{"value":${text}}`,
        JSON.stringify(text),
        `{"type":${text}}`,
        `[${text},${text}]`,
      ]),
    ),
  );
}

function unknown(_root: JsonRoot, slot: JsonSlot, random: Random): void {
  const tree = slot.get();
  const key = JSON.stringify(
    random.pick([
      "x_unknown",
      "type",
      "stream",
      "model",
      "n",
      "extra",
      "provider",
      "cache_control",
      "",
    ]),
  );
  if (tree.kind === "object")
    tree.members.splice(random.int(tree.members.length + 1), 0, {
      key,
      value: raw(nastyValue(random)),
    });
}
