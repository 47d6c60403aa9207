import type { DescField } from "@bufbuild/protobuf";
import type { Violation as RuleViolation, Validator } from "@bufbuild/protovalidate";
import { type Config, ConfigSchema } from "../../../gen/parlance/config/v1/config_pb.js";
import type { Report } from "../config-scope.ts";
import { printPath } from "./field-path.ts";

/**
 * Reports every protovalidate rule of the proto files that the config breaks. Values are never
 * repeated.
 */
export function checkRules(config: Config, validator: Validator, report: Report): void {
  const result = validator.validate(ConfigSchema, config);
  if (result.kind === "valid") return;
  if (result.kind === "error") throw result.error;
  for (const violation of result.violations) {
    report({
      path: printPath(violation.field),
      message: describeViolation(violation),
      hint: hints[ruledName(violation)] ?? "",
      ruleId: violation.ruleId,
    });
  }
}

const inDollars =
  'write dollars as a decimal number in quotes, at most 9 digits behind the point: "0.25"';

/** What to write instead, for fields whose rule does not say so. By message and field, or oneof. */
const hints: Readonly<Record<string, string>> = {
  "AwsOptions.region": "write the region's code, such as us-east-1",
  "AwsOptions.role_arn": "write arn:aws:iam::ACCOUNT:role/NAME",
  "AzureOptions.api_version":
    "write a date such as 2024-10-21 or 2025-04-01-preview, or v1, preview or latest",
  "AzureOptions.client_id": "write the application's id",
  "AzureOptions.tenant_id": "write the directory's id or domain",
  "Budget.rolling": "write seconds, from 60s to 31622400s",
  "Budget.soft_usd": 'write dollars as a decimal number in quotes: "20" or "0.5"',
  "Budget.usd": 'write dollars as a decimal number in quotes: "20" or "0.5"',
  "Budget.window": "write one of HOUR, DAY, WEEK, MONTH, TOTAL",
  "BudgetIncrease.usd": 'write dollars as a decimal number in quotes: "20" or "0.5"',
  "Config.providers": "use letters, digits, dots, dashes and underscores, at most 64 of them",
  "Cors.allowed_origins": 'write scheme, host and port, such as "https://app.example.com", or "*"',
  "FactPrices.thousand_requests": inDollars,
  "FactPrices.thousand_web_searches": inDollars,
  "FactTokenPrices.input": inDollars,
  "FactTokenPrices.output": inDollars,
  "FactTokenPrices.cache_read": inDollars,
  "FactTokenPrices.cache_write": inDollars,
  "FactTokenPrices.cache_write_1h": inDollars,
  "FactTokenPrices.input_audio": inDollars,
  "FactTokenPrices.output_audio": inDollars,
  "FactTokenPrices.cache_read_audio": inDollars,
  "FactTokenPrices.input_image": inDollars,
  "FactTokenPrices.output_image": inDollars,
  "FactTokenPrices.output_reasoning": inDollars,
  "Experiment.arms": "write [{ name: control, percent: 90 }, { name: candidate, percent: 10 }]",
  "Experiment.name": "use at most 256 characters without white space",
  "ExperimentArm.name": "use letters, digits, dots, dashes and underscores, at most 64 of them",
  "ExperimentArm.percent": "write a share from 0 to 100, such as 12.5",
  "Facts.deprecation_date": "write a day such as 2026-10-31",
  "Facts.knowledge_cutoff": "write a day such as 2025-07-31 or a month such as 2025-07",
  "GoogleOptions.location": "write the location's code, such as europe-west4, or global",
  "GoogleOptions.project": "write the project's id, such as my-project",
  "Key.value": "write { env: NAME }, { file: path } or { value: text }",
  "MediaFetch.private_hosts":
    "write a host in lower case, without scheme and port: files.example.internal, or *.example.internal",
  "Model.name": "use at most 256 characters without white space",
  "Model.targets": "write [{ model: provider/model }]",
  "OAuth2Options.parameters": "names are letters, digits, dots, dashes and underscores",
  "OAuth2Options.scope": "write scopes with spaces between",
  "Provider.headers": "names are HTTP tokens, values printable ASCII",
  "Provider.kind": "write the vendor's id, openai_compatible, anthropic_compatible or sim",
  "Secret.env": "write the name of an environment variable: { env: NAME }",
  "Secret.source": "write { env: NAME }, { file: path } or { value: text }",
  "Server.workers": "write a whole number from 1 to 64, or auto for one worker for each core",
  "Shadow.max_usd_per_day": inDollars,
  "Shadow.model": "write the name of another model, or provider/model",
  "Shadow.percent": "write how many of the calls are copied, above 0 and up to 100",
  "SimError.status": "write an HTTP status from 400 to 599",
  "Target.base_model": "write the model's name without white space",
  "Target.model": "write provider/model",
};

function describeViolation(violation: RuleViolation): string {
  if (violation.ruleId === "string.pattern")
    return violation.forKey ? "is not a usable name" : "is not written as it must be";
  if (
    violation.ruleId === "required" ||
    violation.ruleId === "string.min_len" ||
    violation.ruleId === "enum.not_in"
  ) {
    return "is missing";
  }
  if (violation.ruleId === "repeated.unique") return "must not contain the same value twice";
  if (violation.ruleId === "repeated.min_items" && violation.message.includes("at least 1 "))
    return "must not be empty";
  return violation.message.replace(/^value /, "");
}

function ruledName(violation: RuleViolation): string {
  const last = violation.field.at(-1);
  if (last?.kind === "oneof") return `${last.parent.name}.${last.name}`;
  const field = violation.field.findLast((step): step is DescField => step.kind === "field");
  return field === undefined ? "" : `${field.parent.name}.${field.name}`;
}
