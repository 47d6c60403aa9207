import type { Path } from "@bufbuild/protobuf/reflect";

/** The path of a field of the message at `parent`, in the file's own spelling. */
export function fieldPath(parent: string, name: string): string {
  return parent === "" ? name : `${parent}.${name}`;
}

/** The path of an element of the list at `parent`. */
export function elementPath(parent: string, index: number): string {
  return `${parent}[${index}]`;
}

/** The path of an entry of the map at `parent`. Keys that could be misread are quoted. */
export function entryPath(parent: string, key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? `${parent}.${key}` : `${parent}[${JSON.stringify(key)}]`;
}

/** The path that a reflected path stands for. A oneof stands for the message that has it. */
export function printPath(path: Path): string {
  let text = "";
  for (const step of path) {
    switch (step.kind) {
      case "field":
        text = fieldPath(text, step.name);
        break;
      case "list_sub":
        text = elementPath(text, step.index);
        break;
      case "map_sub":
        text = entryPath(text, String(step.key));
        break;
      case "oneof":
      case "extension":
        break;
    }
  }
  return text;
}

/**
 * A path and all that it lies beneath, itself first; the file as a whole, "", is not among them.
 */
export function enclosingPaths(path: string): readonly string[] {
  const ends = Array.from(path.matchAll(steps), (step) => step.index + step[0].length);
  return ends.reverse().map((end) => path.slice(0, end));
}

/** A quoted key of a map, an index of a list, or a name. */
const steps = /\["[^"\\]*(?:\\.[^"\\]*)*"\]|\[\d+\]|\.?[^.[]+/g;
