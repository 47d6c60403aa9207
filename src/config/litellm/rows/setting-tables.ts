import { entryRows, infoRows, paramRows } from "./deployment-rows.ts";
import { blockRows, generalRows } from "./general-rows.ts";
import { cacheRows, litellmRows } from "./litellm-rows.ts";
import { routerRows } from "./router-rows.ts";
import type { SettingRow } from "./setting-row.ts";

/** A part of a LiteLLM file, and what stands for its keys. */
export interface SettingTable {
  /** What it is called in the documentation. */
  readonly title: string;
  readonly rows: readonly SettingRow[];
}

/** What stands for every key of a LiteLLM file, in the order of the documentation. */
export const settingTables: readonly SettingTable[] = [
  { title: "The blocks of a file", rows: blockRows },
  { title: "`model_list`", rows: entryRows },
  { title: "`litellm_params`", rows: paramRows },
  { title: "`model_info`", rows: infoRows },
  { title: "`router_settings`", rows: routerRows },
  { title: "`litellm_settings`", rows: litellmRows },
  { title: "`cache_params`", rows: cacheRows },
  { title: "`general_settings`", rows: generalRows },
];
