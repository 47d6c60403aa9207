import { isObject, numberAt, parseJson, stringAt } from "../../json/json.ts";

/** What was said in a call, encrypted, with the wrapped key that decrypts it. */
export interface SealedContent {
  readonly callId: string;
  /** When the call ended, in whole milliseconds since 1970. */
  readonly endedMs: number;
  /** The ids of whom the call is charged to; "": nobody of the kind. */
  readonly organization: string;
  readonly team: string;
  readonly key: string;
  /** The content, encrypted under the data key, as base64. */
  readonly sealed: string;
  readonly dataKey: WrappedDataKey;
}

/** A key that encrypts the content of one person in one team, encrypted by a master key. */
export interface WrappedDataKey {
  /** Random and unique. */
  readonly id: string;
  readonly organization: string;
  readonly team: string;
  /** Keyed hashes of the user and of the end user; "": the calls are of nobody known. */
  readonly userHash: string;
  readonly endUserHash: string;
  /** The id of the master key. */
  readonly masterKey: string;
  /** As base64. */
  readonly wrapped: string;
  readonly createdMs: number;
}

/** What lines of content begin with, among those of the ledger. */
const head = '{"content":';

/** Whether a line of a journal is of content, and not of the ledger. */
export function isContentLine(line: string): boolean {
  return line.startsWith(head);
}

/** Content as one line. */
export function printSealedContent(content: SealedContent): string {
  return `${head}${JSON.stringify(content)}}`;
}

/** Reads a line of content. Throws a SyntaxError where it is none. */
export function parseSealedContent(line: string): SealedContent {
  const parsed = parseJson(line);
  const content = parsed.ok && isObject(parsed.value) ? parsed.value.content : undefined;
  const dataKey = isObject(content) ? content.dataKey : undefined;
  if (!isObject(content) || !isObject(dataKey)) throw new SyntaxError("is no line of content");
  const text = (object: typeof content, name: string): string => {
    const value = stringAt(object, name);
    if (value === undefined) throw new SyntaxError(`content without ${name}`);
    return value;
  };
  return {
    callId: text(content, "callId"),
    endedMs: numberAt(content, "endedMs") ?? 0,
    organization: text(content, "organization"),
    team: text(content, "team"),
    key: text(content, "key"),
    sealed: text(content, "sealed"),
    dataKey: {
      id: text(dataKey, "id"),
      organization: text(dataKey, "organization"),
      team: text(dataKey, "team"),
      userHash: text(dataKey, "userHash"),
      endUserHash: text(dataKey, "endUserHash"),
      masterKey: text(dataKey, "masterKey"),
      wrapped: text(dataKey, "wrapped"),
      createdMs: numberAt(dataKey, "createdMs") ?? 0,
    },
  };
}
