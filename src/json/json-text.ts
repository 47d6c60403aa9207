import { isJson } from "./is-json.ts";
import { asBuffer, isObject, type JsonObject, type ParsedJson, parseJson } from "./json.ts";

/**
 * A text that several look into: it is parsed once, when the first of them needs its values, and
 * not at all where bytes tell all of them enough.
 */
export class JsonText {
  /** As they came. */
  readonly source: Uint8Array;
  #parsed: ParsedJson | undefined;

  constructor(source: Uint8Array) {
    this.source = source;
  }

  get bytes(): Buffer {
    return asBuffer(this.source);
  }

  parse(): ParsedJson {
    this.#parsed ??= parseJson(this.source);
    return this.#parsed;
  }

  /** The object that the text is; undefined where it is anything else. */
  object(): JsonObject | undefined {
    const parsed = this.parse();
    return parsed.ok && isObject(parsed.value) ? parsed.value : undefined;
  }

  /** Whether the text is JSON. Builds nothing of it where it is not parsed yet. */
  isJson(): boolean {
    return this.#parsed === undefined ? isJson(this.source) : this.#parsed.ok;
  }

  /** The same, if somebody has parsed it; undefined also where nobody has. */
  parsedObject(): JsonObject | undefined {
    return this.#parsed === undefined ? undefined : this.object();
  }

  /** False where the root has no member of this name; true where it may have one. */
  mayHave(member: string): boolean {
    if (this.#parsed === undefined) return this.bytes.includes(`"${member}"`);
    return this.object()?.[member] !== undefined;
  }
}
