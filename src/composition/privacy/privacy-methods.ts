import { fromJsonString } from "@bufbuild/protobuf";
import { type Receipt, ReceiptSchema } from "../../../gen/parlance/admin/v1/privacy_pb.js";
import type {
  EraseRequest,
  EraseResponse,
} from "../../../gen/parlance/admin/v1/privacy_service_pb.js";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { AdminCaller } from "../../edge/gateway-api.ts";
import type { Erasure } from "../../store/erasure/erasure-row.ts";
import { oneAtATime } from "../one-at-a-time.ts";
import { defaultPageSize, type ObjectAdmin } from "../tenants/object-admin.ts";
import { isAdmin } from "../tenants/object-rules.ts";
import { notFound } from "../tenants/object-store.ts";
import type { PersonAdmin } from "../tenants/tenant-admin.ts";
import { type ErasureWorld, goOnErasing } from "./erase-person.ts";
import { exportPerson } from "./export-person.ts";
import { personAudit } from "./person-audit.ts";
import { ownPlaces, personOf, usedKey } from "./person-scope.ts";
import { receiptOf } from "./receipt-of.ts";

/** Makes PrivacyService, and what goes on with erasures that a gateway has left. */
export function createPrivacy(
  admin: ObjectAdmin,
  others: Omit<ErasureWorld, "teamsOf">,
): PersonAdmin {
  const world: ErasureWorld = {
    ...others,
    teamsOf: (organizationId) =>
      admin.options.directory
        .all("team")
        .flatMap((team) => (team.organizationId === organizationId ? [team.id] : [])),
  };
  const { store, settings, wallMs } = world;
  const resume = oneAtATime(async () => void (await goOnErasing(world)));

  async function planned(request: EraseRequest, caller: AdminCaller) {
    const person = await personOf(admin, request.person, caller);
    const erasure = await store.request("erasure.count", { person, nowMs: wallMs() });
    const others = { counts: new Map(), unreached: [] };
    return { receipt: receiptOf(erasure, { others, settings: settings() }) };
  }

  async function receipts(
    caller: AdminCaller,
    page: { readonly before: string; readonly limit: number },
  ) {
    await admin.options.directory.catchUp();
    const within = isAdmin(caller.access) ? {} : { within: ownPlaces(admin, caller.access) };
    return store.request("erasure.page", { open: false, ...page, ...within });
  }

  return {
    resume,
    methods: {
      async erase(request, caller): Promise<Pick<EraseResponse, "id"> & { receipt?: Receipt }> {
        if (request.dryRun) return { id: "", ...(await planned(request, caller)) };
        const person = await personOf(admin, request.person, caller);
        const audit = personAudit(caller, { action: "person.erase", person, nowMs: wallMs() });
        const begun = await store.request("erasure.begin", {
          ...{ id: audit.id, person, nowMs: wallMs(), audit },
          requestKey: request.idempotencyKey,
        });
        if (!begun.ok) throw usedKey();
        const { id } = begun.erasure;
        if (begun.erasure.finishedMs === 0) await resume();
        // Its keys are good no longer than this answers.
        await admin.options.directory.catchUp();
        const erasure = await store.request("erasure.read", { id });
        return { id, ...receiptIn(erasure) };
      },
      async getReceipt({ id }, { access }) {
        await admin.options.directory.catchUp();
        const erasure = await store.request("erasure.read", { id });
        if (
          erasure === undefined ||
          !(isAdmin(access) || isWithin(erasure, ownPlaces(admin, access)))
        )
          throw notFound("receipt", id, "id");
        return receiptIn(erasure);
      },
      async listReceipts({ pageSize, pageToken }, caller) {
        if (pageToken.length > 128)
          throw new GatewayError(invalidField("page_token", "must be that of an answer"));
        const size = pageSize === 0 ? defaultPageSize : pageSize;
        const found = await receipts(caller, { before: pageToken, limit: size + 1 });
        const page = found.slice(0, size);
        return {
          receipts: page.flatMap((one) => receiptIn(one).receipt ?? []),
          nextPageToken: found.length > size ? (page.at(-1)?.id ?? "") : "",
        };
      },
      exportPerson: (request, caller, signal) =>
        exportPerson(admin, world, { request, caller, signal }),
    },
  };
}

function receiptIn(erasure: Erasure | undefined): { receipt?: Receipt } {
  const json = erasure?.receiptJson ?? "";
  return json === "" ? {} : { receipt: fromJsonString(ReceiptSchema, json) };
}

function isWithin(
  { organizationId, teamId }: Erasure,
  { organizations, teams }: ReturnType<typeof ownPlaces>,
): boolean {
  return organizations.includes(organizationId) || teams.includes(teamId);
}
