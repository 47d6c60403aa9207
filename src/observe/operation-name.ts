/** What the conventions call operations, where they have a name of their own for them. */
const names: Readonly<Record<string, string>> = {
  embed: "embeddings",
};

/** The name of an operation in the conventions; its own where they have none. */
export function operationName(operation: string): string {
  return names[operation] ?? operation;
}
