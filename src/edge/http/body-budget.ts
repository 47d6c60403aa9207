/** Memory for the request bodies of all callers, in bytes. */
export interface BodyBudget {
  /** What may still be taken. */
  readonly leftBytes: number;
  /** Takes so many bytes and gives true, or takes nothing and gives false. */
  take(bytes: number): boolean;
  /** Gives back what was taken. */
  give(bytes: number): void;
}

/** Makes a budget of which nothing is taken yet. */
export function createBodyBudget(totalBytes: number): BodyBudget {
  let leftBytes = totalBytes;
  return {
    get leftBytes() {
      return leftBytes;
    },
    take(bytes) {
      if (bytes > leftBytes) return false;
      leftBytes -= bytes;
      return true;
    },
    give(bytes) {
      leftBytes += bytes;
    },
  };
}
