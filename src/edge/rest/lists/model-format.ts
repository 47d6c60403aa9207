import type { Model } from "../../../../gen/parlance/admin/v1/model_pb.js";
import { invalidField } from "../../../core/faults/fault.ts";
import { GatewayError } from "../../../core/faults/gateway-error.ts";
import type { ListedModel } from "../../gateway-api.ts";

/** How a vendor's clients read models. */
export interface ModelFormat {
  /**
   * Whether a list shows what is known of models beside their names, which is read for each.
   * Absent: a list does without, for it has no pages.
   */
  readonly listsFacts?: true;
  /** The member of a list that holds its models. */
  readonly listed: string;
  /** Takes the page that a query asks for, and gives the other members of its list. */
  page(models: readonly ListedModel[], query: URLSearchParams): ModelPage;
  /** A model with its facts, in a list or alone. */
  model(model: Model): object;
  /** A model alone, where that differs from one in a list. */
  alone?(model: Model): object;
}

/** One page of a list. */
export interface ModelPage {
  readonly models: readonly ListedModel[];
  readonly members: object;
}

/** What all deployments of a model can be asked for, each once. */
export function operationsOf({ deployments }: Model): ReadonlySet<string> {
  return new Set(deployments.flatMap((deployment) => deployment.operations));
}

/** A number of the query within its bounds, else what stands for one that is missing or none. */
export function pageSize(text: string | null, usual: number, max: number): number {
  return Math.min(max, Math.max(1, Number(text ?? usual) || usual));
}

/** Where a page of a list begins that is asked for by a token, and how long it may get. */
export interface TokenQuery {
  /** The name of the last model of the page before; "" for the first page. */
  readonly token: string;
  /** The parameter that held it, for the refusal of one that is none. */
  readonly field: string;
  readonly size: number;
}

/** The page of a list and the token of the one after it; undefined where it is the last. */
export function tokenPage(
  models: readonly ListedModel[],
  { token, field, size }: TokenQuery,
): { readonly page: readonly ListedModel[]; readonly next: string | undefined } {
  const start = token === "" ? 0 : models.findIndex((model) => model.name === token) + 1;
  if (token !== "" && start === 0)
    throw new GatewayError(invalidField(field, "is not the token of a page"));
  const page = models.slice(start, start + size);
  return { page, next: start + size < models.length ? page.at(-1)?.name : undefined };
}
