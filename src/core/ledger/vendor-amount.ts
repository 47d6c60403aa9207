/** What usage is compared by. */
export const usageClasses = [
  "input",
  "cache_read",
  "cache_write",
  "output",
  "requests",
  "cost",
] as const;
/** A class of usage; `cost` is in nano-USD. */
export type UsageClass = (typeof usageClasses)[number];

/** An amount that a vendor reports. */
export interface VendorAmount {
  readonly dayMs: number;
  readonly model: string;
  readonly usageClass: UsageClass;
  readonly amount: bigint;
}
