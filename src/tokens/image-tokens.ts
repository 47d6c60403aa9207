import type { ImageRules } from "../core/emulation.ts";
import type { ImageSize } from "./image-size.ts";

const longestSide = 2048;
const shorterSide = 768;
const tileSide = 512;
const patchSide = 32;
const maxPatches = 1536;

/** The tokens of a picture by its size, under the rules of its model. */
export function imageTokens(size: ImageSize, rules: ImageRules, low: boolean): number {
  if (rules.kind === "patches") return Math.ceil(patchesOf(size) * rules.factor);
  return low ? rules.base : rules.base + rules.tile * tilesOf(size);
}

function tilesOf({ width, height }: ImageSize): number {
  const fit = Math.min(1, longestSide / Math.max(width, height));
  const scale = fit * Math.min(1, shorterSide / (Math.min(width, height) * fit));
  return Math.ceil(round(width * scale) / tileSide) * Math.ceil(round(height * scale) / tileSide);
}

/**
 * Larger pictures are scaled down until their patches, whole ones in one direction, are few enough.
 */
function patchesOf({ width, height }: ImageSize): number {
  const patches = Math.ceil(width / patchSide) * Math.ceil(height / patchSide);
  if (patches <= maxPatches) return patches;
  const shrink = Math.sqrt((patchSide * patchSide * maxPatches) / (width * height));
  const [columns, rows] = [(width * shrink) / patchSide, (height * shrink) / patchSide];
  const scale = shrink * Math.min(Math.floor(columns) / columns, Math.floor(rows) / rows);
  return Math.min(
    maxPatches,
    Math.ceil(round((width * scale) / patchSide)) * Math.ceil(round((height * scale) / patchSide)),
  );
}

/** Away with the dust of floating point, which would make one more of a whole number. */
function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
