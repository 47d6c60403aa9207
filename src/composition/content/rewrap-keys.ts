import type { WrappedDataKey } from "../../core/ledger/sealed-content.ts";
import type { ContentVault } from "../../privacy/content-vault.ts";
import type { StoreLink } from "../../store/store.ts";

/** What became of data keys. */
export interface RewrappedKeys {
  readonly rewrapped: number;
  /** How many no master key of the config could unwrap, by the id of the one that is needed. */
  readonly unreadable: ReadonlyMap<string, number>;
}

const pageKeys = 500;

/**
 * Wraps all data keys by the present master key, so that those of before are needed no more.
 * Content is not touched. What cannot be unwrapped stays as it is; rejects where a key service does
 * not answer, and may be run again.
 */
export async function rewrapKeys(
  vault: Pick<ContentVault, "rewrap" | "masterKey">,
  request: StoreLink["request"],
): Promise<RewrappedKeys> {
  const { masterKey } = vault;
  let rewrapped = 0;
  const unreadable = new Map<string, number>();
  for (let after = ""; ; ) {
    const query = { masterKey, afterId: after, limit: pageKeys };
    const keys = await request("content.keys", query);
    for (const key of keys) {
      const wrapped = await rewrapOne(vault, key);
      if (wrapped === undefined)
        unreadable.set(key.masterKey, (unreadable.get(key.masterKey) ?? 0) + 1);
      else if (await request("content.rewrap", { id: key.id, before: key.wrapped, ...wrapped }))
        rewrapped += 1;
    }
    const last = keys.at(-1);
    if (last === undefined || keys.length < pageKeys) return { rewrapped, unreadable };
    after = last.id;
  }
}

async function rewrapOne(vault: Pick<ContentVault, "rewrap">, key: WrappedDataKey) {
  try {
    return await vault.rewrap(key);
  } catch (error) {
    if (error instanceof Error && error.name === "WrongKeyError") return undefined;
    throw error;
  }
}
