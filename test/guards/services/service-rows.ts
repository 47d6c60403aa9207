import type { JsonObject } from "@bufbuild/protobuf";
import type { GuardVerdict } from "../../../src/core/guard/guard.ts";
import type { GuardStageName } from "../../../src/core/guard/guard-note.ts";
import { cloudRows } from "./cloud-rows.ts";
import { ownServiceRows } from "./own-service-rows.ts";
import type { Received, Reply } from "./service-server.ts";
import { vendorRows } from "./vendor-rows.ts";
import { webhookRow } from "./webhook-row.ts";

/** What is expected of a guard that asks one service. */
export interface ServiceRow {
  readonly title: string;
  /** Its settings, with the service at an address. */
  readonly guard: (url: string) => JsonObject;
  readonly stage?: GuardStageName;
  readonly texts: readonly string[];
  /** What is sent for these texts. */
  readonly requests: readonly object[];
  /** What else holds of it. */
  readonly check?: (received: readonly Received[]) => void;
  /** Replies that find nothing. */
  readonly pass: readonly Reply[];
  readonly finds: readonly (readonly [
    title: string,
    replies: readonly Reply[],
    verdict: GuardVerdict,
    texts?: readonly string[],
  ])[];
  /** Replies that are no verdict. */
  readonly refuses: readonly (readonly [title: string, replies: readonly Reply[]])[];
}

/** A row for each service that guards can ask. */
export const serviceRows: readonly ServiceRow[] = [
  webhookRow,
  ...ownServiceRows,
  ...vendorRows,
  ...cloudRows,
];
