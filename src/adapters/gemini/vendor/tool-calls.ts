import type { EncodeReport } from "../../../core/fidelity/encode-report.ts";
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
  /** The call that a result is of; undefined where there was none. */
  readonly find: (id: string) => KnownCall | undefined;
  /** A new message begins: its first call has yet to be signed. */
  readonly beginMessage: () => void;
  readonly sign: () => void;
  /** Whether a call of this message is signed. */
  readonly signed: () => boolean;
}

/** A call: the tool's name, and how many calls came before it. */
export interface KnownCall {
  readonly name: string;
  readonly order: number;
}

/**
 * Results find their calls by id, and those without an id by order. Where an id is used again, the
 * later call has it.
 */
export function createCallNames(): CallNames {
  const byId = new Map<string, KnownCall>();
  const unnamed: KnownCall[] = [];
  let answered = 0;
  let order = 0;
  let signed = false;
  return {
    add(id, name) {
      const call = { name, order };
      order += 1;
      if (id === "") unnamed.push(call);
      else byId.set(id, call);
    },
    find(id) {
      if (id !== "") return byId.get(id);
      const call = unnamed[answered];
      answered += 1;
      return call;
    },
    beginMessage() {
      signed = false;
    },
    sign() {
      signed = true;
    },
    signed: () => signed,
  };
}
