import { create } from "@bufbuild/protobuf";
import {
  type Fidelity as FidelityMessage,
  FidelitySchema,
  type FieldFate,
  FieldFateSchema,
  type FieldFidelity,
  FieldFidelitySchema,
} from "../../../gen/parlance/admin/v1/fidelity_pb.js";
import type { Model } from "../../../gen/parlance/admin/v1/model_pb.js";
import type { Dialect } from "../../core/dialect.ts";
import { outcomes } from "../../core/fidelity/fidelity.ts";
import type { FieldFate as Fate, FidelityTable } from "../../core/fidelity/fidelity-table.ts";
import { anyModel, withGatewayFates } from "../../core/fidelity/gateway-fates.ts";
import { declaredOperations } from "../../core/operation.ts";

/**
 * The tables of a model's dialects: one for each dialect and operation that its deployments serve.
 */
export function describeFidelity(
  model: Model,
  dialects: ReadonlyMap<string, Dialect>,
): readonly FidelityMessage[] {
  const byDialect = Map.groupBy(model.deployments, ({ dialect }) => dialect);
  return [...byDialect].flatMap(([name, deployments]) => {
    const dialect = dialects.get(name);
    if (dialect === undefined) return [];
    const operations = new Set(deployments.flatMap((deployment) => deployment.operations));
    const served = { ...anyModel, model: deployments[0]?.model ?? "" };
    return declaredOperations.flatMap((operation) =>
      dialect.fidelity[operation.name] === undefined || !operations.has(operation.name)
        ? []
        : [describeTable(name, operation.name, withGatewayFates(dialect, operation.name, served))],
    );
  });
}

function describeTable(dialect: string, operation: string, table: FidelityTable): FidelityMessage {
  const fields = Object.entries(table).map(([field, fate]) => describeField(field, fate));
  return create(FidelitySchema, { dialect, operation, fields });
}

function describeField(field: string, fate: Fate): FieldFidelity {
  return create(FieldFidelitySchema, {
    field,
    fates: outcomes.flatMap(([word, outcome]) => describeFate(outcome, fate[word])),
  });
}

function describeFate(
  outcome: FieldFate["outcome"],
  note: string | undefined,
): readonly FieldFate[] {
  return note === undefined ? [] : [create(FieldFateSchema, { outcome, note })];
}
