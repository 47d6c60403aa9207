/** The kinds of objects that the store adds to a configuration. */
export type ConfigObjectKind = "provider" | "model" | "price";

/**
 * A part of the configuration that the store owns, as plain data, since it goes from thread to
 * thread. Times are milliseconds since 1970.
 */
export interface ConfigObject {
  readonly kind: ConfigObjectKind;
  /** Unique among those of its kind. */
  readonly name: string;
  /** The message of the config as JSON, with `[redacted]` in the place of secrets. */
  readonly documentJson: string;
  /** The same with its secrets, encrypted. "": it has none. */
  readonly sealed: string;
  /** Grows with each change. */
  readonly version: number;
  readonly createdMs: number;
  readonly updatedMs: number;
}

/** All objects of the store. */
export interface StoredConfig {
  /** The last change of the store that they have. */
  readonly sequence: number;
  readonly objects: readonly ConfigObject[];
  /** The last configuration that was applied. Absent: none was. */
  readonly applied?: AppliedConfig;
}

/** A configuration that was applied over the admin services. */
export interface AppliedConfig {
  /** Its version, from 1. */
  readonly number: number;
  /** "": it is encrypted. */
  readonly text: string;
  /** The text, encrypted; "": it has no secrets. */
  readonly sealed: string;
  readonly hash: string;
}

/** An object that is not in force. */
export interface LeftOut {
  readonly kind: ConfigObjectKind;
  readonly name: string;
  readonly problems: readonly ObjectProblem[];
}

/** What is wrong with an object. Never contains a secret. */
export interface ObjectProblem {
  /** The field within the object, such as `targets[0].model`; "": the whole. */
  readonly path: string;
  readonly message: string;
  /** What to do about it; "" where the message says it all. */
  readonly hint: string;
}
