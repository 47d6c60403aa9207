/** Where a value of a LiteLLM file stands. */
export interface Place {
  /** Characters before it in the text; those of included files count on from the end of the text. */
  readonly offset: number;
  /** In the file's own spelling: `model_list[0].litellm_params.model`. */
  readonly path: string;
}

/** A value of a LiteLLM file, with aliases and merges followed. */
export type Tree = Leaf | Branch | Series;

/** A single value. */
export interface Leaf {
  readonly kind: "leaf";
  readonly value: string | number | boolean | null;
  /** A number as it is written, for digits that a double does not keep. */
  readonly source: string;
  readonly at: Place;
}

/** A mapping. */
export interface Branch {
  readonly kind: "branch";
  readonly members: ReadonlyMap<string, Member>;
  readonly at: Place;
}

/** A key of a mapping with its value. */
export interface Member {
  readonly name: string;
  /** Where the key stands. */
  readonly at: Place;
  readonly value: Tree;
}

/** A list. */
export interface Series {
  readonly kind: "series";
  readonly items: readonly Tree[];
  readonly at: Place;
}

/** The members of a mapping; none where the value is something else or there is none. */
export function membersOf(tree: Tree | undefined): ReadonlyMap<string, Member> {
  return tree?.kind === "branch" ? tree.members : new Map();
}

/** The elements of a list; a single value counts as a list of itself, and nothing as an empty one. */
export function itemsOf(tree: Tree | undefined): readonly Tree[] {
  if (tree === undefined || isNothing(tree)) return [];
  return tree.kind === "series" ? tree.items : [tree];
}

/** Whether a value is none: null, or an empty text. */
export function isNothing(tree: Tree): boolean {
  return tree.kind === "leaf" && (tree.value === null || tree.value === "");
}

/** A value as plain data. */
export function plainOf(tree: Tree): unknown {
  switch (tree.kind) {
    case "leaf":
      return tree.value;
    case "series":
      return tree.items.map(plainOf);
    case "branch":
      return Object.fromEntries(
        [...tree.members].map(([name, { value }]) => [name, plainOf(value)]),
      );
  }
}
