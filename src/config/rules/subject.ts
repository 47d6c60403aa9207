import type { CreateSubject, RuleSubject } from "../../core/rules/condition.ts";
import {
  type AttributeName,
  type AttributeValue,
  type ReadAttribute,
  ruleAttributes,
} from "../../core/rules/rule-attribute.ts";

/** One call as CEL sees it: an object with a getter for each attribute. */
export class Subject implements RuleSubject {
  readonly #read: ReadAttribute;
  readonly #values = new Map<AttributeName, AttributeValue>();

  constructor(read: ReadAttribute) {
    this.#read = read;
  }

  /** The value of an attribute, computed the first time. */
  value(name: AttributeName): AttributeValue {
    const known = this.#values.get(name);
    if (known !== undefined || this.#values.has(name)) return known;
    const value = this.#read(name);
    this.#values.set(name, value);
    return value;
  }

  forget(name: AttributeName): void {
    this.#values.delete(name);
  }

  static {
    const names = Object.keys(ruleAttributes) as AttributeName[]; // the table's own names
    for (const name of names)
      Object.defineProperty(Subject.prototype, name, {
        get(this: Subject) {
          return this.value(name);
        },
      });
  }
}

/** Makes the subject of a call. */
export const createSubject: CreateSubject = (read) => new Subject(read);
