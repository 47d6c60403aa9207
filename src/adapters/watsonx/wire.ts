import type { EncodeOptions } from "../../core/dialect.ts";
import { pathSegment } from "../../core/dispatch/url-path.ts";
import type { Body } from "../../json/members.ts";

/**
 * The dialect's name, in the catalog, and in the extras of embeddings and rerank; those of chats
 * are `openai-chat`'s.
 */
export const DIALECT = "watsonx";

/**
 * What a call names of the customer's own; the values are the provider's variables of the same
 * names.
 */
export interface Scope {
  readonly project_id?: string;
  readonly space_id?: string;
}

/** What encoders get: quirks are read member by member, so any record will do. */
export type WatsonxOptions = EncodeOptions<Readonly<Record<string, unknown>>>;

/**
 * The version of the API that is requested where no variable sets one;
 * https://cloud.ibm.com/apidocs/watsonx-ai#active-version-dates.
 */
const VERSION = "2025-02-06";

/** How models of one's own deployments are named: `deployment/ID`. */
const DEPLOYMENT = "deployment/";

/** The path of a task; a deployment has paths of its own. */
export function pathOf(task: string, options: WatsonxOptions): string {
  const { model } = options;
  const at = model.startsWith(DEPLOYMENT)
    ? `/ml/v1/deployments/${pathSegment(model.slice(DEPLOYMENT.length))}/text/${task}`
    : `/ml/v1/text/${task}`;
  return `${at}?version=${encodeURIComponent(variable(options, "api_version") ?? VERSION)}`;
}

/**
 * The members that name the model, and the project or space. A deployment has both from its
 * creation.
 */
export function scopeOf(options: WatsonxOptions): Scope & { readonly model_id?: string } {
  if (options.model.startsWith(DEPLOYMENT)) return {};
  const project = variable(options, "project_id");
  const space = variable(options, "space_id");
  return {
    model_id: options.model,
    ...(project === undefined ? undefined : { project_id: project }),
    ...(project !== undefined || space === undefined ? undefined : { space_id: space }),
  };
}

/** A body with the members that name the model. */
export function scoped(options: WatsonxOptions, body: Body): Body {
  return { ...scopeOf(options), ...body };
}

function variable({ quirks }: WatsonxOptions, name: string): string | undefined {
  const { variables } = quirks;
  const record = isRecord(variables) ? variables[name] : undefined;
  return typeof record === "string" && record !== "" ? record : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
