import type { EncodeReport } from "./encode-report.ts";
import type { ModelTraits } from "./model-traits.ts";

/** What the encoding of content shares within one request. */
export interface PartContext {
  readonly report: EncodeReport;
  readonly traits: ModelTraits;
  readonly calls: CallNames;
}

/** What is known of the tool calls of a conversation while it is encoded. One per request. */
export interface CallNames {
  /** The next call. */
  readonly add: (id: string, name: string) => void;
  /** The name of the tool that a result is of; undefined where there was no such call. */
  readonly nameOf: (id: string) => string | undefined;
  /** A new message begins: its first call has yet to be signed. */
  readonly beginMessage: () => void;
  readonly sign: () => void;
  /** Whether a call of this message is signed. */
  readonly signed: () => boolean;
}

/** Results find their calls by id, and those without an id by order. Where an id is used again, the later call has it. */
export function createCallNames(): CallNames {
  const byId = new Map<string, string>();
  const unnamed: string[] = [];
  let signed = false;
  return {
    add(id, name) {
      if (id === "") unnamed.push(name);
      else byId.set(id, name);
    },
    nameOf: (id) => (id === "" ? unnamed.shift() : byId.get(id)),
    beginMessage() {
      signed = false;
    },
    sign() {
      signed = true;
    },
    signed: () => signed,
  };
}
