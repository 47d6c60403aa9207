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

/** Whether `inner` is `outer` or lies beneath it. */
export function isWithin(inner: string, outer: string): boolean {
  if (!inner.startsWith(outer)) return false;
  return outer === "" || inner.length === outer.length || /[.[]/.test(inner.charAt(outer.length));
}
