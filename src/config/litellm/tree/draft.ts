import { Pair, Scalar, YAMLMap, YAMLSeq } from "yaml";
import type { Place } from "./tree.ts";

/** A part of a config of ours that is being written, with its place in the LiteLLM file. */
export type Draft = Scalar | YAMLMap | YAMLSeq;

/** Parts by the name of their field; undefined ones are left out. */
export type Fields = Readonly<Record<string, Draft | undefined>>;

/** A single value. */
export function scalar(value: string | number | boolean, at: Place): Scalar {
  const node = new Scalar(value);
  node.range = rangeOf(at);
  return node;
}

/** A message, or a map. */
export function mapping(fields: Fields, at: Place): YAMLMap {
  const map = new YAMLMap();
  map.range = rangeOf(at);
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const key = new Scalar(name);
    key.range = value.range ?? rangeOf(at);
    map.items.push(new Pair(key, value));
  }
  return map;
}

/** The same, unless it would be empty. */
export function mappingOrNone(fields: Fields, at: Place): YAMLMap | undefined {
  const map = mapping(fields, at);
  return map.items.length === 0 ? undefined : map;
}

/** A list. */
export function sequence(items: readonly Draft[], at: Place): YAMLSeq {
  const list = new YAMLSeq();
  list.range = rangeOf(at);
  for (const item of items) list.items.push(item);
  return list;
}

/** The same, unless it would be empty. */
export function sequenceOrNone(items: readonly Draft[], at: Place): YAMLSeq | undefined {
  return items.length === 0 ? undefined : sequence(items, at);
}

/** A secret that stands in the file itself. */
export function secretValue(value: string, at: Place): YAMLMap {
  return mapping({ value: scalar(value, at) }, at);
}

/** A secret of the environment. */
export function secretOf(variable: string, at: Place): YAMLMap {
  return mapping({ env: scalar(variable, at) }, at);
}

function rangeOf({ offset }: Place): [number, number, number] {
  return [offset, offset, offset];
}
