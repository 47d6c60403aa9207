/** What is known of the call where a vendor's frames are mended. */
export interface PassContext {
  /** Names what the vendor left without an id. */
  readonly callId: string;
  /** The model that was called, where the vendor does not say it. */
  readonly model: string;
  /** Seconds since 1970, where the vendor tells no time. */
  readonly nowUnixS: number;
}
