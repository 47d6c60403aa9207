/** Where a vendor deviates from its dialect; the catalog declares it, the dialect honours it. */
export type Quirks = Readonly<Record<string, unknown>>;
