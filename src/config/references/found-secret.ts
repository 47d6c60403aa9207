/** What a secret manager has for a reference, or why it cannot be had; free of secrets. */
export type FoundSecret =
  | { readonly text: string }
  | { readonly problem: string; readonly hint: string };
