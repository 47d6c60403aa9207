/** A field that two calls may differ in and still have the same answer. */
export interface FieldOutsideKey {
  /** The message that has it, by its full name. */
  readonly message: string;
  /** Its name in the contract; `*`: the whole message, wherever it stands. */
  readonly field: string;
  /** Why nobody can see the difference. */
  readonly reason: string;
}

const REQUESTS = [
  "parlance.chat.v1.Chat",
  "parlance.embed.v1.EmbedSpec",
  "parlance.rerank.v1.RerankSpec",
  "parlance.moderation.v1.ModerationSpec",
] as const;

/**
 * All that is left out of the key of an answer. What is not listed here is part of it: extras,
 * members that no reader knows, and the end user (`user`, `safety_identifier`), who could else see
 * that somebody else asked the same. Whether the answer is streamed is no field of a request: a
 * stored answer is replayed in either form.
 */
export const fieldsOutsideKey: readonly FieldOutsideKey[] = [
  ...REQUESTS.flatMap((message): FieldOutsideKey[] => [
    {
      message,
      field: "model",
      reason: "the name that was called is in the key beside the request",
    },
    { message, field: "response_cache", reason: "it is about the cache and never sent" },
    { message, field: "priority", reason: "it changes when a call has its turn and is never sent" },
  ]),
  {
    message: "parlance.chat.v1.Chat",
    field: "metadata",
    reason: "labels for the vendor's own lists; models do not see them",
  },
  {
    message: "parlance.chat.v1.Chat",
    field: "tags",
    reason: "labels that stay in the gateway",
  },
  ...["parlance.chat.v1.Chat", "parlance.embed.v1.EmbedSpec"].flatMap(
    (message): FieldOutsideKey[] => [
      { message, field: "fallbacks", reason: "answers of fallbacks are not stored" },
      { message, field: "disable_fallbacks", reason: "answers of fallbacks are not stored" },
    ],
  ),
  {
    message: "parlance.chat.v1.Chat",
    field: "prompt_cache_key",
    reason: "it groups calls in the vendor's prompt cache, which changes time and price alone",
  },
  {
    message: "parlance.chat.v1.CacheHint",
    field: "*",
    reason: "a mark for the vendor's prompt cache, which changes time and price alone",
  },
];

/**
 * Members of a body that are left out of the key too, with the reason. The contract has no field
 * for them, so that they would be part of it as anything that nobody knows is.
 */
export const membersOutsideKey: Readonly<Record<string, string>> = {
  priority: "it changes when a call has its turn, here or at the vendor",
  prompt_cache_retention: "how long the vendor's prompt cache keeps the prompt",
  keep_alive: "how long the vendor keeps the model in memory",
};
