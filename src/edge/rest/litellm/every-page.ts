import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../../../core/faults/gateway-error.ts";

/** A page that a list of the services takes. */
export interface WantedPage {
  readonly pageSize: number;
  readonly pageToken: string;
}

const pageSize = 1_000;
const maxPages = 100;

/** All items of a list, page after page; throws UNSUPPORTED beyond 100,000. */
export async function everyPage<Item>(
  list: (
    page: WantedPage,
  ) => Promise<{ readonly items: readonly Item[]; readonly nextPageToken: string }>,
): Promise<readonly Item[]> {
  const all: Item[] = [];
  let pageToken = "";
  for (let page = 0; page < maxPages; page += 1) {
    const { items, nextPageToken } = await list({ pageSize, pageToken });
    for (const item of items) all.push(item);
    if (nextPageToken === "") return all;
    pageToken = nextPageToken;
  }
  throw new GatewayError({
    reason: ErrorReason.UNSUPPORTED,
    message: `there are more than ${pageSize * maxPages}: list them in pages, by the admin services`,
  });
}
