/** The fields of a `multipart/form-data` body, in their order. */
export interface FormBody {
  readonly form: readonly FormField[];
}

/** One field of a form. A file has a name and a media type; a text has neither. */
export interface FormField {
  readonly name: string;
  readonly value: Uint8Array;
  readonly fileName?: string;
  readonly contentType?: string;
}
