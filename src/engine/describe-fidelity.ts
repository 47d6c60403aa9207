import { create } from "@bufbuild/protobuf";
import {
  type Fidelity as FidelityMessage,
  FidelitySchema,
  type FieldFate,
  FieldFateSchema,
  type FieldFidelity,
  FieldFidelitySchema,
} from "../../gen/parlance/admin/v1/fidelity_pb.js";
import type { Model } from "../../gen/parlance/admin/v1/model_pb.js";
import type { Dialect } from "../core/dialect.ts";
import { type FieldFate as Fate, type Fidelity, outcomes } from "../core/fidelity.ts";

/** The tables of a model's dialects: one for each dialect and operation that its deployments serve. */
export function describeFidelity(model: Model, dialects: ReadonlyMap<string, Dialect>): readonly FidelityMessage[] {
  const served = Map.groupBy(model.deployments, ({ dialect }) => dialect);
  return [...served].flatMap(([name, deployments]) => {
    const { chat, embed, rerank } = dialects.get(name)?.fidelity ?? {};
    const operations = new Set(deployments.flatMap((deployment) => deployment.operations));
    return Object.entries({ chat, embed, rerank }).flatMap(([operation, declared]) =>
      declared === undefined || !operations.has(operation) ? [] : [describeTable(name, operation, declared)],
    );
  });
}

function describeTable(dialect: string, operation: string, { table }: Fidelity): FidelityMessage {
  const fields = Object.entries(table).map(([field, fate]) => describeField(field, fate));
  return create(FidelitySchema, { dialect, operation, fields });
}

function describeField(field: string, fate: Fate): FieldFidelity {
  return create(FieldFidelitySchema, {
    field,
    fates: outcomes.flatMap(([word, outcome]) => describeFate(outcome, fate[word])),
  });
}

function describeFate(outcome: FieldFate["outcome"], note: string | undefined): readonly FieldFate[] {
  return note === undefined ? [] : [create(FieldFateSchema, { outcome, note })];
}
