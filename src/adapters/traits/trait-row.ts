import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  ModelTraitsSchema,
  TakesSchema,
} from "../../../gen/parlance/model/v1/model_traits_pb.js";
import type { Maker, ModelName } from "./model-name.ts";

/** What a row says of models. */
export type TraitsInit = Readonly<Omit<MessageInitShape<typeof ModelTraitsSchema>, "$typeName">>;

/** What a row says that models take. */
export type TakesInit = Readonly<Omit<MessageInitShape<typeof TakesSchema>, "$typeName">>;

/** Models that read text alone. */
export const textAlone: TakesInit = { images: false, audio: false, video: false, documents: false };

/** Which models of a maker a row is about. */
export interface NamedModels {
  /** The lines of models. */
  readonly lines: readonly string[];
  /** The first version, major times 100 plus minor. Absent: any. */
  readonly from?: number;
  /** The version after the last, alike. Absent: any. */
  readonly below?: number;
  /** What stands behind line and version. Absent: anything. */
  readonly tail?: RegExp;
}

/** Traits of some models of one maker, as its pages say them. The first row that fits counts. */
export interface TraitRow {
  readonly models: NamedModels;
  /** What holds wherever the models are served. */
  readonly traits: TraitsInit;
  /** What holds over that at the maker's own API, which others need not imitate. */
  readonly atMaker?: TraitsInit;
  /** Pages that say so. */
  readonly sources: readonly string[];
  /** The month in which they were read, `YYYY-MM`. */
  readonly asOf: string;
  /** A name of a model that the row is about. */
  readonly example: string;
}

/** The rows of one maker. */
export interface TraitTable {
  readonly maker: Maker;
  /** The rows of the catalog that are the maker's own API. */
  readonly kinds: readonly string[];
  readonly rows: readonly TraitRow[];
}

/** Whether a row is about a model of its maker. */
export function fitsRow({ models }: TraitRow, name: ModelName): boolean {
  const { lines, from, below, tail } = models;
  return (
    lines.includes(name.line) &&
    (from === undefined || name.number >= from) &&
    (below === undefined || name.number < below) &&
    (tail === undefined || tail.test(name.tail))
  );
}
