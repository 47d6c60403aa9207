/**
 * Blocks of a stream that have begun and not ended, by the vendor's number of them, which may be
 * any integer.
 */
export interface OpenBlocks<T> {
  /** In the order in which they began. */
  readonly byIndex: Map<number, T>;
  /**
   * The numbers in that order; those of blocks that have ended are dropped when they come to the
   * end.
   */
  readonly order: number[];
}

/** No blocks yet. */
export function createOpenBlocks<T>(): OpenBlocks<T> {
  return { byIndex: new Map(), order: [] };
}

/** A block begins; one that is open under its number is replaced. */
export function openBlock<T>({ byIndex, order }: OpenBlocks<T>, index: number, block: T): void {
  byIndex.delete(index);
  byIndex.set(index, block);
  order.push(index);
}

/** The number of the block that began last among those that are open. */
export function latestIndex({ byIndex, order }: OpenBlocks<unknown>): number | undefined {
  for (let last = order.at(-1); last !== undefined; last = order.at(-1)) {
    if (byIndex.has(last)) return last;
    order.pop();
  }
  return undefined;
}

/** All blocks, which are open no more. */
export function takeBlocks<T>({ byIndex, order }: OpenBlocks<T>): T[] {
  const blocks = [...byIndex.values()];
  byIndex.clear();
  order.length = 0;
  return blocks;
}
