/** What the body of a REST client says to the gateway, and no vendor is sent. */
export interface OwnMembers {
  /** Labels of the call. */
  readonly tags: readonly string[];
  /** The number of its priority in queues. Absent: it says none. */
  readonly priority?: number;
}
