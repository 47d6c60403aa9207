import { isArray, type Json } from "../../vendors/json-value.ts";

/**
 * A JSON text taken apart, so that it can also hold what no JSON value can: duplicate members, odd
 * numbers, garbage.
 */
export type JsonTree =
  | { readonly kind: "object"; readonly members: JsonMember[] }
  | { readonly kind: "array"; readonly items: JsonTree[] }
  /** Printed as it is. */
  | { readonly kind: "raw"; readonly text: string };

/** A member of an object; `key` is printed as it is, with its quotes. */
export interface JsonMember {
  readonly key: string;
  value: JsonTree;
}

/** A place in a tree whose value can be replaced or removed. */
export interface JsonSlot {
  /** The member's name without quotes; "" for items of arrays and the root. */
  readonly name: string;
  readonly get: () => JsonTree;
  readonly set: (value: JsonTree) => void;
  /** The object or array that the place is in; undefined for the root. */
  readonly owner: Exclude<JsonTree, { readonly kind: "raw" }> | undefined;
  /** Position within the owner. */
  readonly at: number;
}

/** A root that can be replaced. */
export interface JsonRoot {
  value: JsonTree;
}

/** Takes a value apart. */
export function toTree(value: Json | undefined): JsonTree {
  if (isArray(value)) return { kind: "array", items: value.map(toTree) };
  if (typeof value !== "object" || value === null) return raw(JSON.stringify(value ?? null));
  const members = Object.entries(value).map(([key, member]) => ({
    key: JSON.stringify(key),
    value: toTree(member),
  }));
  return { kind: "object", members };
}

/** A value that is printed as it is. */
export function raw(text: string): JsonTree {
  return { kind: "raw", text };
}

/** Prints a tree. */
export function printTree(tree: JsonTree): string {
  switch (tree.kind) {
    case "raw":
      return tree.text;
    case "array":
      return `[${tree.items.map(printTree).join(",")}]`;
    case "object":
      return `{${tree.members.map(({ key, value }) => `${key}:${printTree(value)}`).join(",")}}`;
  }
}

/** Every place of a tree, the root first. */
export function slotsOf(root: JsonRoot): JsonSlot[] {
  const slots: JsonSlot[] = [
    {
      name: "",
      owner: undefined,
      at: 0,
      get: () => root.value,
      set: (value) => {
        root.value = value;
      },
    },
  ];
  // The list grows while it is walked.
  for (const slot of slots) {
    const tree = slot.get();
    if (tree.kind === "object")
      for (const at of tree.members.keys()) slots.push(memberSlot(tree, at));
    if (tree.kind === "array") for (const at of tree.items.keys()) slots.push(itemSlot(tree, at));
  }
  return slots;
}

function memberSlot(owner: Extract<JsonTree, { kind: "object" }>, at: number): JsonSlot {
  const member = owner.members[at];
  if (member === undefined) throw new Error("no such member");
  return {
    name: member.key.slice(1, -1),
    owner,
    at,
    get: () => member.value,
    set: (value) => {
      member.value = value;
    },
  };
}

function itemSlot(owner: Extract<JsonTree, { kind: "array" }>, at: number): JsonSlot {
  return {
    name: "",
    owner,
    at,
    get: () => owner.items[at] ?? raw("null"),
    set: (value) => {
      owner.items[at] = value;
    },
  };
}
