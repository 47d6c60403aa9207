import type { WritableObject } from "../../../../json/write.ts";
import type { ManagementMembers } from "./management-members.ts";

/** A page that is wanted by its number. */
export interface NumberedPage {
  /** What a list of the services takes. */
  readonly request: { readonly pageSize: number; readonly skip: number };
  /** What LiteLLM says of a page of so many in all. */
  readonly answer: (total: number) => WritableObject;
}

/** Reads which page is wanted. `size`: the member that says how many there are on one. */
export function pageOf(
  members: ManagementMembers,
  {
    size: name,
    usual,
    max,
  }: { readonly size: string; readonly usual: number; readonly max: number },
): NumberedPage {
  const page = members.integer("page", { min: 1, max: 1_000_000 }) ?? 1;
  const size = members.integer(name, { min: 1, max }) ?? usual;
  return {
    request: { pageSize: size, skip: (page - 1) * size },
    answer: (total) => ({
      total_count: total,
      current_page: page,
      total_pages: Math.ceil(total / size),
    }),
  };
}
