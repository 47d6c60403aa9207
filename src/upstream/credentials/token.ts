/** A token as it is sent. */
export interface Token {
  /** Goes behind `Bearer`. */
  readonly value: string;
  /** Headers that go with it: name, value, name, value; lower case. */
  readonly headers?: readonly string[];
}
