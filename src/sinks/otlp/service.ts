/** The program that says something, as OpenTelemetry names it. */
export interface Service {
  readonly name: string;
  readonly version: string;
  /** Unlike that of any other process; all threads of one have the same. */
  readonly instanceId: string;
}
