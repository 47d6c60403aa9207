/** What a client's request says that the contract has no field for. */
export interface BesideRequest {
  /** The dialect under whose name extras hold it. */
  readonly dialect: string;
  /** Members that no reader knows, in the order in which they were found. */
  readonly members: readonly UnknownMember[];
  /** What only some dialects can honour, so that a target of another one refuses the request. */
  readonly demands: readonly Demand[];
}

/** A member of a client's request that the contract has no field for. */
export interface UnknownMember {
  /** In the client's own words, such as `messages[0].content[1].cited`. */
  readonly path: string;
  /** The extras of the message that hold it; undefined: none do, and the same dialect loses it. */
  readonly extras: object | undefined;
}

/** A member that refers to something which is kept elsewhere, such as an earlier response. */
export interface Demand {
  /** In the client's own words, such as `previous_response_id`. */
  readonly path: string;
  /** What the client can do instead. */
  readonly message: string;
  /** The dialects whose vendors can have what it refers to. */
  readonly dialects: readonly string[];
}
