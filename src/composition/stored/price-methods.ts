import { clone, create, fromJsonString, toJsonString } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ObjectOrigin } from "../../../gen/parlance/admin/v1/origin_pb.js";
import {
  type EffectivePrice,
  EffectivePriceSchema,
  type PriceOverlay,
  PriceOverlaySchema,
} from "../../../gen/parlance/admin/v1/price_pb.js";
import { type Price, PriceSchema } from "../../../gen/parlance/config/v1/price_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { PricesSchema } from "../../../gen/parlance/model/v1/model_facts_pb.js";
import type { Settings } from "../../config/settings.ts";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { ConfigObject } from "../../core/stored/config-object.ts";
import type { Target } from "../../core/target/target.ts";
import type { StoredAdmin } from "../../edge/gateway-api.ts";
import { everyTarget } from "../../policies/routing/choice/levels.ts";
import type { PriceList } from "../../policies/routing/price-list.ts";
import { etagOf, type ObjectChanges } from "./object-changes.ts";
import { objectNamed } from "./stored-state.ts";

const kind = "price";
const defaultPageSize = 100;

/** The prices in force. */
export interface EffectivePrices {
  readonly prices: () => PriceList;
}

/** The methods of PriceService. */
export function priceMethods(
  changes: ObjectChanges,
  { prices }: EffectivePrices,
): StoredAdmin["prices"] {
  const { state, wallMs, settings } = changes.options;
  const overlayOf = (object: ConfigObject): PriceOverlay =>
    create(PriceOverlaySchema, {
      id: object.name,
      price: fromJsonString(PriceSchema, object.documentJson, { ignoreUnknownFields: true }),
      origin: ObjectOrigin.STORE,
      etag: etagOf(object),
      createdAt: timestampFromMs(object.createdMs),
      updatedAt: timestampFromMs(object.updatedMs),
      problem: changes.problemOf(kind, object.name),
    });
  const overlays = (): readonly PriceOverlay[] => [
    ...pricesOfFile(settings()).map((price, at) =>
      create(PriceOverlaySchema, {
        id: `file-${at + 1}`,
        price: clone(PriceSchema, price),
        origin: ObjectOrigin.FILE,
      }),
    ),
    ...state.current().stored.objects.flatMap((one) => (one.kind === kind ? [overlayOf(one)] : [])),
  ];
  return {
    async listPrices({ model, pageSize, pageToken }) {
      const { page, nextPageToken } = pageOf(targetsOf(settings(), model), pageSize, pageToken);
      const list = prices();
      return {
        prices: await Promise.all(page.map((one) => effectivePrice(one, list))),
        nextPageToken,
      };
    },
    async listPriceOverlays({ pageSize, pageToken }) {
      const { page, nextPageToken } = pageOf(overlays(), pageSize, pageToken);
      return { overlays: [...page], nextPageToken };
    },
    async setPriceOverlay({ id, price, etag }, caller) {
      if (price === undefined) throw new GatewayError(invalidField("price", "is missing"));
      const before = objectNamed(state.current(), { kind, name: id });
      if (before === undefined) {
        if (etag !== "") changes.wanted(kind, id, etag);
        refuseOfFile(changes, id);
        changes.refuseTaken(kind, id);
      } else changes.wanted(kind, id, etag);
      const nowMs = wallMs();
      const object: ConfigObject = {
        kind,
        name: id,
        documentJson: toJsonString(PriceSchema, price),
        sealed: "",
        version: (before?.version ?? 0) + 1,
        createdMs: before?.createdMs ?? nowMs,
        updatedMs: nowMs,
      };
      const how = before === undefined ? "create" : "update";
      await changes.make({ write: { object, how }, field: "price" }, caller);
      return { overlay: overlayOf(object) };
    },
    async deletePriceOverlay({ id, etag }, caller) {
      refuseOfFile(changes, id);
      const object = changes.wanted(kind, id, etag);
      await changes.make({ write: { object, how: "delete" }, field: "id" }, caller);
      return {};
    },
  };
}

/** A page; a token is the place of its first entry. */
function pageOf<One>(all: readonly One[], pageSize: number, pageToken: string) {
  if (!/^\d{0,9}$/.test(pageToken))
    throw new GatewayError(invalidField("page_token", "must be that of an answer"));
  const end = Number(pageToken) + (pageSize === 0 ? defaultPageSize : pageSize);
  const nextPageToken = all.length > end ? String(end) : "";
  return { page: all.slice(Number(pageToken), end), nextPageToken };
}

/** The first ones of the settings are of the config itself. */
function pricesOfFile({ config, stored }: Settings): readonly Price[] {
  return config.prices.slice(0, config.prices.length - (stored?.prices.size ?? 0));
}

function refuseOfFile({ options }: ObjectChanges, id: string): void {
  const [, number = ""] = /^file-([1-9]\d{0,5})$/.exec(id) ?? [];
  if (number === "") return;
  if (Number(number) <= pricesOfFile(options.settings()).length) {
    const file = options.file();
    const where = file === "" ? "the configuration" : `the config file ${file}`;
    throw new GatewayError({
      reason: ErrorReason.OWNED_BY_FILE,
      message: `the price ${id} belongs to ${where}: change it there`,
      fields: [{ field: "id", message: `belongs to ${where}` }],
    });
  }
  throw new GatewayError(invalidField("id", "names such as file-1 are those of the config file"));
}

interface PricedTarget {
  readonly name: string;
  readonly target: Target;
  readonly models: readonly string[];
}

/** The targets of the configuration, or of a model, by name; patterns have no prices. */
function targetsOf(settings: Settings, model: string): readonly PricedTarget[] {
  const named = model === "" ? undefined : settings.resolve(model);
  const found = new Map<string, PricedTarget & { readonly models: string[] }>();
  for (const one of named === undefined ? settings.models.values() : [named])
    for (const target of everyTarget(one)) addTarget(found, target, one.settings.name);
  if (model !== "" && (named === undefined || found.size === 0)) throw noPrices(model);
  return [...found.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Models may say of one target that it costs something else. */
function addTarget(
  found: Map<string, PricedTarget & { readonly models: string[] }>,
  target: Target,
  model: string,
): void {
  const name = `${target.provider}/${target.model}`;
  if (name.includes("*")) return;
  const own = target.facts?.prices;
  const key = `${name}\n${own === undefined ? "" : toJsonString(PricesSchema, own)}`;
  const one = found.get(key) ?? { name, target, models: [] };
  if (model !== name) one.models.push(model);
  found.set(key, one);
}

function noPrices(model: string): GatewayError {
  const message = `there is no model ${model} with targets`;
  return new GatewayError({
    reason: ErrorReason.NOT_FOUND,
    message,
    fields: [{ field: "model", message }],
  });
}

async function effectivePrice(
  { name, target, models }: PricedTarget,
  list: PriceList,
): Promise<EffectivePrice> {
  const { prices, source, version, reported } = await list.entry(target);
  return create(EffectivePriceSchema, {
    target: name,
    models: [...models],
    ...(prices && { prices }),
    source,
    version,
    reported: reported !== undefined,
  });
}
