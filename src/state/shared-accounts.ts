import { accountHeld, maxAccounts, type OpenAccount } from "./account-cells.ts";
import { createTableMemory, SharedTable, type TableMemory } from "./shared-table.ts";

/** Makes the memory for accounts. The system provides it as they are made. */
export function createAccountMemory(threads: number): TableMemory {
  const numbers = accountHeld + threads;
  return createTableMemory({ rows: maxAccounts, numbers, counts: 0, threads });
}

/** The accounts as one of the threads sees them. */
export function createSharedAccounts(memory: TableMemory, thread: number): OpenAccount {
  const table = new SharedTable(memory, thread);
  const { numbers } = memory.shape;
  return (name) => {
    const key = table.name(name);
    let row = -1;
    let cells: Float64Array = new Float64Array(0);
    /** Stands in where the table has no row for the name, for this thread alone. */
    let alone: Float64Array | undefined;
    return {
      own: accountHeld + thread,
      read() {
        if (row >= 0 && table.has(row, key)) return cells;
        row = table.open(key);
        if (row < 0) {
          alone ??= new Float64Array(numbers);
          return alone;
        }
        cells = table.doubles(row, 0, numbers);
        return cells;
      },
    };
  };
}

/** Gives back what a thread held, once it has ended. */
export function releaseAccounts(memory: TableMemory, thread: number): void {
  const table = new SharedTable(memory, thread);
  table.release(thread);
  for (const row of table.rows()) table.setDouble(row, accountHeld + thread, 0);
}
