/**
 * The numbers of an account: when its period began in milliseconds since 1970, what was taken in
 * it, and then what each thread holds.
 */
export interface AccountCells {
  /** The numbers as they are. To be used, and changed, only while `State.alone` runs. */
  read(): Float64Array;
  /** Where the number of this thread is. */
  readonly own: number;
}

/** The cells of an account by its name, all zeros where there were none. */
export type OpenAccount = (name: string) => AccountCells;

/** Where the begin of the period is. */
export const accountStart = 0;

/** Where that is which was taken in the period. */
export const accountTaken = 1;

/** Where that is which the first thread holds. */
export const accountHeld = 2;

/** Accounts that are kept; beyond them those that were made first make room. */
export const maxAccounts = 262_144;

/** Makes the accounts of a gateway that is one thread. */
export function createMemoryAccounts(): OpenAccount {
  const known = new Map<string, AccountCells>();
  return (name) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const [oldest] = known.keys();
    if (known.size >= maxAccounts && oldest !== undefined) known.delete(oldest);
    const cells = new Float64Array(accountHeld + 1);
    const made = { read: () => cells, own: accountHeld };
    known.set(name, made);
    return made;
  };
}
