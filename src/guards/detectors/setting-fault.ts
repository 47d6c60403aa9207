/** A setting of a guard that its rules cannot judge and no detector can be made of. */
export class SettingFault extends Error {
  /** Its path within the settings of the check, such as `patterns.TICKET`. */
  readonly field: string;

  /** The message says what is wrong and what to write. */
  constructor(message: string, { field, ...options }: ErrorOptions & { readonly field: string }) {
    super(message, options);
    this.field = field;
  }
}
