import type { FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";

/** Two reports of one request as one: what both say of a field alike stands in it once. */
export function joinReports(
  outer: readonly FieldReport[],
  inner: readonly FieldReport[],
): FieldReport[] {
  const more = outer.filter(
    (one) => !inner.some(({ field, note }) => field === one.field && note === one.note),
  );
  return [...more, ...inner];
}
