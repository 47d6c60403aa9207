import { asBuffer, type Json } from "./json.ts";
import { sliceElements, sliceJson, sliceMembers } from "./slice.ts";

/**
 * The source bytes of a parsed value, found only on first use: most values are read from the parsed
 * form, and only those that the contract keeps as text need their exact bytes.
 */
export type Source = () => Uint8Array | undefined;

/**
 * A source that knows no bytes: texts are printed from the parsed form, so that only spelling can
 * differ.
 */
export const noSource: Source = () => undefined;

/** The whole of a body. */
export function wholeSource(body: Uint8Array): Source {
  return () => body;
}

/** A member of an object. */
export function memberSource(parent: Source, key: string): Source {
  return remember(() => {
    const bytes = parent();
    return bytes === undefined ? undefined : sliceJson(bytes, [key]);
  });
}

/** The members of an object, all found in one pass on first use. */
export function memberSources(parent: Source): (key: string) => Source {
  let members: ReadonlyMap<string, Uint8Array> | undefined;
  return (key) => () => {
    if (members === undefined) {
      const bytes = parent();
      members = bytes === undefined ? new Map<string, Uint8Array>() : sliceMembers(bytes);
    }
    return members.get(key);
  };
}

/** The elements of an array, all found in one pass on first use. */
export function elementSources(parent: Source): (index: number) => Source {
  let elements: readonly Uint8Array[] | undefined;
  return (index) => () => {
    if (elements === undefined) {
      const bytes = parent();
      elements = (bytes === undefined ? undefined : sliceElements(bytes)) ?? [];
    }
    return elements[index];
  };
}

/** The exact JSON text of a value. */
export function sourceText(source: Source, json: Json | undefined): string {
  const bytes = source();
  if (bytes === undefined) return JSON.stringify(json ?? null);
  return asBuffer(bytes).toString("utf8", 0, bytes.length);
}

function remember(find: Source): Source {
  let found: Uint8Array | undefined;
  let done = false;
  return () => {
    if (!done) {
      found = find();
      done = true;
    }
    return found;
  };
}
