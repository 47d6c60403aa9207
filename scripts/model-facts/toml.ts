/** A TOML value; numbers stay the text they were written as, without underscores. */
export type Toml =
  | string
  | boolean
  | { readonly number: string }
  | Toml[]
  | { [key: string]: Toml };

/**
 * Reads the part of TOML that models.dev is written in: tables, arrays of tables, strings, numbers,
 * booleans, inline values.
 */
export function parseToml(text: string): { [key: string]: Toml } {
  const root: { [key: string]: Toml } = {};
  let table = root;
  const reader = { text: text.replaceAll("\r", ""), at: 0 };
  for (skip(reader, true); reader.at < reader.text.length; skip(reader, true)) {
    const header = /^(\[\[?)([\w.-]+)\]\]?/.exec(reader.text.slice(reader.at));
    if (header === null) {
      const key = readKey(reader);
      table[key] = readValue(reader);
      continue;
    }
    reader.at += header[0].length;
    table = open(root, (header[2] ?? "").split("."), header[1] === "[[");
  }
  return root;
}

interface Reader {
  readonly text: string;
  at: number;
}

function open(
  root: { [key: string]: Toml },
  path: readonly string[],
  listed: boolean,
): { [key: string]: Toml } {
  let table = root;
  for (const [index, key] of path.entries()) {
    const found = table[key];
    if (listed && index === path.length - 1) {
      const list = Array.isArray(found) ? found : [];
      const next: { [key: string]: Toml } = {};
      table[key] = [...list, next];
      return next;
    }
    const inner = Array.isArray(found) ? found.at(-1) : found;
    const next = isTable(inner) ? inner : {};
    if (found === undefined) table[key] = next;
    table = next;
  }
  return table;
}

/** Whether a value is a table. */
export function isTable(value: Toml | undefined): value is { [key: string]: Toml } {
  return typeof value === "object" && !Array.isArray(value) && !("number" in value);
}

function skip(reader: Reader, lines: boolean): void {
  const space = lines ? /^(?:\s|#[^\n]*)*/ : /^[ \t]*/;
  reader.at += space.exec(reader.text.slice(reader.at))?.[0].length ?? 0;
}

function readKey(reader: Reader): string {
  const key = take(reader, /^(?:"([^"]*)"|([\w-]+))\s*=\s*/);
  return key[1] ?? key[2] ?? "";
}

function take(reader: Reader, pattern: RegExp): RegExpExecArray {
  const found = pattern.exec(reader.text.slice(reader.at));
  if (found === null)
    throw new Error(`not understood: ${reader.text.slice(reader.at, reader.at + 60)}`);
  reader.at += found[0].length;
  return found;
}

function readValue(reader: Reader): Toml {
  const rest = reader.text.slice(reader.at);
  if (rest.startsWith('"""')) return take(reader, /^"""([\s\S]*?)"""/)[1] ?? "";
  if (rest.startsWith('"')) {
    const quoted = take(reader, /^"(?:[^"\\\n]|\\.)*"/)[0];
    return String(JSON.parse(quoted.replaceAll("\t", "\\t")));
  }
  if (rest.startsWith("'")) return take(reader, /^'([^'\n]*)'/)[1] ?? "";
  if (rest.startsWith("["))
    return readItems(reader, "]", (items: Toml[]) => void items.push(readValue(reader)), []);
  if (rest.startsWith("{")) {
    return readItems(
      reader,
      "}",
      (table: { [key: string]: Toml }) => {
        const key = readKey(reader);
        table[key] = readValue(reader);
      },
      {},
    );
  }
  const word = take(reader, /^[\w.+-]+/)[0];
  return word === "true" || word === "false"
    ? word === "true"
    : { number: word.replaceAll("_", "") };
}

function readItems<T extends Toml>(
  reader: Reader,
  end: string,
  readItem: (into: T) => void,
  into: T,
): T {
  reader.at += 1;
  for (skip(reader, true); reader.text[reader.at] !== end; skip(reader, true)) {
    readItem(into);
    skip(reader, true);
    if (reader.text[reader.at] === ",") reader.at += 1;
  }
  reader.at += 1;
  return into;
}
