/** Waits for something, but not longer than so many milliseconds. */
export async function within(wanted: Promise<unknown> | undefined, ms: number): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, ms);
  await Promise.race([wanted, late.promise]);
  clearTimeout(timer);
}
