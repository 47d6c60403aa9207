/** The headers Google AI Studio sends with every answer. */
export function geminiHeaders(
  contentType = "application/json; charset=UTF-8",
): Record<string, string> {
  return {
    "content-type": contentType,
    date: "Thu, 01 Jan 2026 00:00:00 GMT",
    server: "scaffolding on HTTPServer2",
    "server-timing": "gfet4t7; dur=12",
    vary: "Origin, X-Origin, Referer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "x-xss-protection": "0",
  };
}
