import type { CallRecord } from "../../core/ledger/call-record.ts";
import type { LedgerRow } from "../../core/ledger/ledger-row.ts";
import type { StoreLink } from "../../store/store.ts";
import type { World } from "../world.ts";
import { ledgerRowOf } from "./ledger-row-of.ts";

/**
 * The record of each call goes to the store too, but not those of whom nobody knows: strangers
 * could fill the disk. `more` takes each, with its row where the store has it, and with what was
 * said, which nobody else keeps.
 */
export function storingWorld(
  world: World,
  store: StoreLink,
  more: (
    record: CallRecord,
    row: (() => LedgerRow) | undefined,
    said: Pick<CallRecord, "content" | "toStore">,
  ) => void,
): World & { readonly store: StoreLink } {
  return {
    ...world,
    store,
    begun:
      store.begin &&
      ((record) => {
        const startedMs = world.wallMs();
        return (
          store.begin?.(() => {
            const made = record();
            return made && ledgerRowOf(made, startedMs);
          }) ?? (() => undefined)
        );
      }),
    record(whole) {
      const { content, toStore } = whole;
      const isBare = content === undefined && toStore === undefined;
      const record = isBare ? whole : withoutContent(whole);
      world.record(record);
      if (record.principal === undefined) return more(record, undefined, {});
      const endedMs = world.wallMs();
      const row = () => ledgerRowOf(record, endedMs);
      store.record(row);
      more(record, row, whole);
    },
  };
}

function withoutContent({ content: _, toStore: __, ...record }: CallRecord): CallRecord {
  return record;
}
