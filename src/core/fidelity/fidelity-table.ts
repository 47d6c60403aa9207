/**
 * What can become of a field, each with the note that a report of it carries. A note says what the
 * vendor gets or why it gets nothing; that of `forwarded` is "" where there is nothing to say. One
 * outcome alone: it is always so. Several: the value, the model or other fields decide.
 */
export type FieldFate = Readonly<Partial<Record<OutcomeWord, string>>>;

/** The outcomes as tables write them. */
export type OutcomeWord = "forwarded" | "mapped" | "emulated" | "clamped" | "dropped" | "refused";

/**
 * The declaration of one operation of a dialect: what can become of each field of the contract. A
 * path stands for itself and all that is inside of it which has no row of its own; together the
 * rows cover the contract. Content inside of a tool's result or of a document is judged by its own
 * row, else by that of the content of a message.
 */
export type FidelityTable = Readonly<Record<string, FieldFate>>;
