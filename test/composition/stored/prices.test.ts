import { describe, expect, it } from "vitest";
import { AuditService } from "../../../gen/parlance/admin/v1/audit_service_pb.js";
import { ObjectOrigin } from "../../../gen/parlance/admin/v1/origin_pb.js";
import { PriceService } from "../../../gen/parlance/admin/v1/price_service_pb.js";
import { ProviderService } from "../../../gen/parlance/admin/v1/provider_service_pb.js";
import { scratchFolder } from "../../store/store-gateway.ts";
import { adminKey, refusal, type StoredGateway, startStored } from "./stored-gateway.ts";

const tokens = { input: "1", output: "4" };
const more = {
  models: [{ name: "fast", targets: [{ model: "sim/echo", facts: { prices: { tokens } } }] }],
  prices: [{ target: "sim/*", margin_percent: "10" }],
};

/** What a call costs, by the header of its reply. */
async function costOf({ gateway }: StoredGateway): Promise<string | null> {
  const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${adminKey}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "fast", messages: [{ role: "user", content: "hi" }] }),
  });
  await reply.arrayBuffer();
  return reply.headers.get("x-parlance-cost-usd");
}

describe("prices of the store", () => {
  it("count over those of the config at once, with a version and a source of their own", async () => {
    const stored = await startStored({ address: { kind: "memory" }, more });
    const prices = stored.client(PriceService);
    const [before] = (await prices.listPrices({})).prices;
    expect(before).toMatchObject({ target: "sim/echo", models: ["fast"], source: "config" });
    const cost = Number(await costOf(stored));
    const { overlay } = await prices.setPriceOverlay({
      id: "half",
      price: { target: "sim/*", discountPercent: "50" },
    });
    expect(overlay).toMatchObject({ id: "half", etag: "1", origin: ObjectOrigin.STORE });
    const [after] = (await prices.listPrices({ model: "fast" })).prices;
    expect(after?.source).toBe("config, store");
    expect(after?.version).not.toBe(before?.version);
    expect(Number(await costOf(stored))).toBeCloseTo(cost / 2, 12);
    await prices.deletePriceOverlay({ id: "half", etag: "1" });
    const [again] = (await prices.listPrices({ model: "sim/echo" })).prices;
    expect(again?.version).not.toBe(after?.version);
    expect(Number(await costOf(stored))).toBe(cost);
  });

  it("make calls priced that were not, from their day on", async () => {
    const stored = await startStored({ address: { kind: "memory" } });
    const prices = stored.client(PriceService);
    const own = { target: "sim/echo", prices: { tokens } };
    await prices.setPriceOverlay({ id: "own", price: { ...own, since: "2999-01-01" } });
    expect((await prices.listPrices({})).prices[0]?.prices).toBeUndefined();
    expect(await costOf(stored)).toBeNull();
    await prices.setPriceOverlay({ id: "own", price: { ...own, since: "2020-01-01" } });
    expect((await prices.listPrices({})).prices[0]).toMatchObject({ source: "store" });
    expect(Number(await costOf(stored))).toBeGreaterThan(0);
  });

  it("are listed after those of the config, which nobody changes", async () => {
    const stored = await startStored({ address: { kind: "memory" }, more });
    const prices = stored.client(PriceService);
    for (const id of ["b", "a"])
      await prices.setPriceOverlay({ id, price: { target: "sim/*", upliftPercent: "1" } });
    const first = await prices.listPriceOverlays({ pageSize: 2 });
    const second = await prices.listPriceOverlays({ pageToken: first.nextPageToken });
    const ids = [...first.overlays, ...second.overlays].map(({ id }) => id);
    expect(ids.toSorted()).toEqual(["a", "b", "file-1"]);
    expect(ids[0]).toBe("file-1");
    const price = { target: "sim/*", discountPercent: "100" };
    const refused = [
      prices.setPriceOverlay({ id: "file-1", price }),
      prices.deletePriceOverlay({ id: "file-1" }),
    ];
    for (const one of refused)
      expect(await refusal(one)).toMatchObject({
        code: "FailedPrecondition",
        message: expect.stringContaining("gateway.yaml"),
      });
  });

  it("are refused with the field that is wrong, and by who has not seen the last state", async () => {
    const stored = await startStored({ address: { kind: "memory" } });
    const prices = stored.client(PriceService);
    const set = (price: object, etag = "") =>
      refusal(prices.setPriceOverlay({ id: "x", price, etag }));
    expect(await set({ target: "nowhere/x", discountPercent: "5" })).toMatchObject({
      code: "InvalidArgument",
      message: expect.stringContaining("price.target"),
    });
    expect(await set({ target: "sim/*" })).toMatchObject({ code: "InvalidArgument" });
    const late = { target: "sim/*", discountPercent: "5", since: "2026-13-01" };
    expect(await set(late)).toMatchObject({ message: expect.stringContaining("price.since") });
    expect(await set({ target: "sim/*", discountPercent: "5" }, "3")).toMatchObject({
      code: "NotFound",
    });
    await prices.setPriceOverlay({ id: "x", price: { target: "sim/*", discountPercent: "5" } });
    expect(await set({ target: "sim/*", discountPercent: "6" }, "3")).toMatchObject({
      code: "Aborted",
    });
    const { entries } = await stored.client(AuditService).listAuditEntries({ objectKind: "price" });
    expect(entries.map(({ action }) => action)).toEqual(["price.create"]);
  });

  it("outlive the gateway, and are left out where their provider is gone", async () => {
    const address = { kind: "sqlite", path: `${scratchFolder()}/parlance.db` } as const;
    const first = await startStored({ address });
    await first.client(ProviderService).createProvider({ name: "twin", settings: { kind: "sim" } });
    const price = { target: "twin/echo", prices: { tokens } };
    await first.client(PriceService).setPriceOverlay({ id: "own", price });
    const gone = first.client(ProviderService).deleteProvider({ name: "twin" });
    expect(await refusal(gone)).toMatchObject({ code: "FailedPrecondition" });
    await first.close();
    const second = await startStored({ address });
    const { overlays } = await second.client(PriceService).listPriceOverlays({});
    expect(overlays).toMatchObject([{ id: "own", problem: "" }]);
  });
});
