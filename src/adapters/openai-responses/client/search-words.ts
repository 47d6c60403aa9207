import { writeJson } from "../../../json/write.ts";
import type { SearchWords } from "../../foreign/retold-searches.ts";
import { DIALECT } from "../wire.ts";

/**
 * A search of another vendor as the item in which this one tells of its own. See
 * https://platform.openai.com/docs/guides/tools-web-search#output-and-citations (2026-11).
 */
export const searchWords: SearchWords = {
  dialect: DIALECT,
  write({ query, pages = [] }, search) {
    const sources = pages.map(({ url }) => ({ type: "url", url }));
    const action = { type: "search", query, queries: query === "" ? [] : [query], sources };
    return [
      writeJson({ id: `ws_${search}`, type: "web_search_call", status: "completed", action }),
    ];
  },
};
