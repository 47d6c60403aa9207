import { writeJson } from "../../../json/write.ts";
import type { SearchWords } from "../../foreign/retold-searches.ts";
import { sealSearch } from "../../shared/sealed-reasoning.ts";
import { DIALECT } from "../wire.ts";

/**
 * A search of another vendor as the blocks in which this one tells of its own. The vendor proves
 * what it found; these blocks have no such proof, and an id that shows them to be ours, so that
 * they are taken out when the client sends them back. See
 * https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool#response (2026-11).
 */
export const searchWords: SearchWords = {
  dialect: DIALECT,
  write({ query, pages = [] }, search) {
    const id = sealSearch(search);
    const content = pages.map(({ url, title }) => ({
      type: "web_search_result",
      url,
      title,
      encrypted_content: "",
      page_age: null,
    }));
    return [
      writeJson({ type: "server_tool_use", id, name: "web_search", input: { query } }),
      writeJson({ type: "web_search_tool_result", tool_use_id: id, content }),
    ];
  },
};
