/** How many buckets a histogram of times has. */
export const bucketCount = 184;

/** The upper end of the first bucket, in milliseconds. */
const firstMs = 0.1;
/** The upper end of a bucket by that of the one before. */
const growth = 1.1;
const logGrowth = Math.log(growth);

/**
 * The bucket of a time. Each is a tenth wider than the one before, so that any quantile is known to
 * 5 percent from 0.1 milliseconds to an hour: C. Masson et al., DDSketch, PVLDB 12 (2019),
 * 2195-2205. Shorter times are in the first bucket, longer ones in the last.
 */
export function bucketOf(timeMs: number): number {
  if (!(timeMs > firstMs)) return 0;
  return Math.min(bucketCount - 1, Math.ceil(Math.log(timeMs / firstMs) / logGrowth));
}

/**
 * The time below which a share of the times lies, from 0 to 1, in milliseconds; undefined where
 * there are none.
 */
export function quantileMs(count: (bucket: number) => number, share: number): number | undefined {
  let total = 0;
  for (let bucket = 0; bucket < bucketCount; bucket += 1) total += count(bucket);
  if (total === 0) return undefined;
  const rank = Math.max(1, Math.ceil(share * total));
  let below = 0;
  for (let bucket = 0; bucket < bucketCount; bucket += 1) {
    below += count(bucket);
    if (below >= rank) return middleMs(bucket);
  }
  return middleMs(bucketCount - 1);
}

/** The time that is as far from both ends of a bucket, by their ratio to it. */
function middleMs(bucket: number): number {
  return bucket === 0 ? firstMs : (2 * firstMs * growth ** bucket) / (growth + 1);
}
