import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { type EncodeReport, refuse } from "../../../core/fidelity/encode-report.ts";

/**
 * The forms of ids by which vendors keep files: `file-6F2ksmvX...`, `file_011CNha8...`, and
 * `files/abc` or its address.
 */
const forms = {
  hyphen: /^file-/,
  underscore: /^file_01[A-Za-z0-9]{8,}$/,
  uri: /^(?:files\/|https?:\/\/|gs:\/\/)/,
} as const;

/** What has a file by its id, and how the target's vendor writes such ids. */
export interface KeptFile {
  readonly content: {
    readonly source: { readonly case?: string | undefined; readonly value?: unknown };
  };
  readonly form: keyof typeof forms;
}

/**
 * Refuses a file by an id that has another vendor's form: this one has no such file. Clients of the
 * vendors' dialects are refused where their request is read; typed callers name the id alone. An id
 * of any other form is the vendor's to judge.
 */
export function refuseForeignFile(
  { content: { source }, form }: KeptFile,
  field: string,
  report: EncodeReport,
): void {
  const { case: kind, value: id } = source;
  if (kind !== "fileId" || typeof id !== "string" || forms[form].test(id)) return;
  if (!Object.values(forms).some((foreign) => foreign.test(id))) return;
  const message = "another vendor keeps this file: send its bytes or its address";
  refuse(report, ErrorReason.UNSUPPORTED, `${field}.file_id`, message);
}
