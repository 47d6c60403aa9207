import { type MessageInitShape, toJson } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import {
  type EffectivePrice,
  EffectivePriceSchema,
  type PriceOverlay,
  PriceOverlaySchema,
} from "../../../gen/parlance/admin/v1/price_pb.js";
import { PriceService } from "../../../gen/parlance/admin/v1/price_service_pb.js";
import type { Price, PriceSchema } from "../../../gen/parlance/config/v1/price_pb.js";
import { type CommandInput, textOption } from "../command.ts";
import { printTable } from "../print-table.ts";
import type { Shell } from "../shell.ts";
import {
  type ActionInput,
  printJson,
  readAll,
  runTenantCommand,
  type TenantCommand,
} from "../tenants/tenant-command.ts";
import { OptionMistake } from "../tenants/tenant-options.ts";
import { printOrigin } from "./model-command.ts";

const settable = ["target", "input", "output", "discount", "uplift", "margin", "since", "until"];

const command: TenantCommand = {
  name: "price",
  placeholder: "PRICE",
  actions: {
    list: { named: "optional", options: [], run: list },
    overlays: { named: "none", options: [], run: overlays },
    set: { named: "needed", options: settable, run: set },
    delete: { named: "needed", options: [], run: remove },
  },
};

/** `parlance price ACTION [PRICE]`. */
export function runPrice(shell: Shell, input: CommandInput): Promise<number> {
  return runTenantCommand(command, shell, input);
}

async function list({ transport, name: model, json }: ActionInput): Promise<string> {
  const client = createClient(PriceService, transport);
  const prices = await readAll(client.listPrices, "prices", { model });
  if (json) return printJson(prices.map((one) => toJson(EffectivePriceSchema, one)));
  return printTable(
    ["TARGET", "INPUT", "OUTPUT", "SOURCE", "VERSION", "MODELS"],
    prices.map(priceRow),
  );
}

/** Prices are nano-USD for a million tokens. */
function priceRow({ target, prices, source, version, models }: EffectivePrice): string[] {
  const { input, output } = prices?.tokens ?? {};
  return [target, printPrice(input), printPrice(output), source, version, models.join(" ")];
}

function printPrice(nanoUsd: bigint | undefined): string {
  if (nanoUsd === undefined) return "unpriced";
  const digits = nanoUsd.toString().padStart(10, "0");
  return `$${digits.slice(0, -9)}.${digits.slice(-9)}`.replace(/\.?0+$/, "");
}

async function overlays({ transport, json }: ActionInput): Promise<string> {
  const client = createClient(PriceService, transport);
  const all = await readAll(client.listPriceOverlays, "overlays", {});
  if (json) return printJson(all.map((one) => toJson(PriceOverlaySchema, one)));
  return printTable(["NAME", "TARGET", "SAYS", "SINCE", "UNTIL", "IN"], all.map(overlayRow));
}

function overlayRow({ id, price, origin }: PriceOverlay): string[] {
  return [
    id,
    price?.target ?? "",
    price === undefined ? "" : printSaid(price),
    price?.since ?? "",
    price?.until ?? "",
    printOrigin(origin),
  ];
}

function printSaid({ prices, discountPercent, upliftPercent, marginPercent }: Price): string {
  const said = [
    prices === undefined ? "" : "own prices",
    discountPercent === "" ? "" : `${discountPercent}% less`,
    upliftPercent === "" ? "" : `${upliftPercent}% more`,
    marginPercent === "" ? "" : `${marginPercent}% margin`,
  ];
  return said.filter((one) => one !== "").join(", ");
}

async function set({ transport, name: id, input, json }: ActionInput): Promise<string> {
  const client = createClient(PriceService, transport);
  const { overlay } = await client.setPriceOverlay({ id, price: priceOf(input) });
  if (json && overlay !== undefined) return printJson(toJson(PriceOverlaySchema, overlay));
  return `${id} is set\n`;
}

async function remove({ transport, name: id, json }: ActionInput): Promise<string> {
  await createClient(PriceService, transport).deletePriceOverlay({ id });
  return json ? printJson({}) : `${id} is deleted\n`;
}

function priceOf(options: CommandInput): MessageInitShape<typeof PriceSchema> {
  const target = textOption(options, "target");
  if (target === undefined) throw new OptionMistake("set needs --target, such as sim/*");
  const [input, output] = [textOption(options, "input"), textOption(options, "output")];
  const tokens = { ...(input !== undefined && { input }), ...(output !== undefined && { output }) };
  return {
    target,
    ...(Object.keys(tokens).length > 0 && { prices: { tokens } }),
    discountPercent: textOption(options, "discount") ?? "",
    upliftPercent: textOption(options, "uplift") ?? "",
    marginPercent: textOption(options, "margin") ?? "",
    since: textOption(options, "since") ?? "",
    until: textOption(options, "until") ?? "",
  };
}
