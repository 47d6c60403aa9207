import type { AttributeName, ReadAttribute } from "./rule-attribute.ts";

/** One call as conditions see it. Each attribute is computed once, when a condition reads it. */
export interface RuleSubject {
  /** Has an attribute computed anew when it is read next. */
  forget(name: AttributeName): void;
}

/** Makes the subject of a call. */
export type CreateSubject = (read: ReadAttribute) => RuleSubject;

/** Whether a condition holds for a call; a text says why that cannot be computed. */
export type Verdict = boolean | string;

/** The condition of a rule. Throws what reading an attribute throws. */
export interface Condition {
  readonly attributes: ReadonlySet<AttributeName>;
  readonly holds: (subject: RuleSubject) => Verdict;
}
