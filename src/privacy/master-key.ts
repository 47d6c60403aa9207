/**
 * A key that encrypts data keys and nothing else: it may be in the config or at a key service,
 * which it never leaves.
 */
export interface MasterKey {
  /**
   * Unlike that of any other master key and the same after a restart, at most 512 characters. It is
   * kept beside what was wrapped and is no secret.
   */
  readonly id: string;
  /**
   * Encrypts a data key of 32 bytes. `context`, at most 1024 characters, says what the data key is
   * for; nobody can unwrap it for anything else. Rejects where the key service does not answer.
   */
  wrap(dataKey: Uint8Array, context: string): Promise<Uint8Array>;
  /**
   * Decrypts what `wrap` made for the same context. Rejects with a `WrongKeyError` where it was
   * wrapped by another key, for another context, or was changed, and with any other error where the
   * key service does not answer.
   */
  unwrap(wrapped: Uint8Array, context: string): Promise<Uint8Array>;
}

/** What was wrapped cannot be unwrapped by this key for this context, now or later. */
export class WrongKeyError extends Error {
  override readonly name = "WrongKeyError";
}
