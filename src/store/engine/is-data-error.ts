/** SQLSTATE classes of PostgreSQL for what a statement says, not for how the server is. */
const dataClasses = new Set(["22", "23", "42", "21"]);
/** Primary codes of SQLite for the same: error, too big, constraint, mismatch, range. */
const dataCodes = new Set([1, 18, 19, 20, 25]);

/**
 * Whether a database refuses what a statement says, so that it will refuse it again; else it may
 * take it later.
 */
export function isDataError(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError) return true;
  if (!(error instanceof Error)) return false;
  if ("errcode" in error && typeof error.errcode === "number")
    return dataCodes.has(error.errcode & 0xff);
  return "code" in error && typeof error.code === "string" && isDataState(error.code);
}

function isDataState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code) && dataClasses.has(code.slice(0, 2));
}
