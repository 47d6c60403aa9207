/**
 * The vendor's word for the format of a picture; undefined for one that it does not take. Without a
 * type the bytes tell.
 */
export function imageFormat(mediaType: string, data: Uint8Array): string | undefined {
  const type = bareType(mediaType);
  if (type === "") return sniffImage(data);
  return IMAGES.get(type);
}

/** The media type of a picture by the vendor's word for its format. */
export function imageMediaType(format: string): string {
  return format === "" ? "" : `image/${format}`;
}

/**
 * The vendor's word for the format of a document, by its media type, else by the ending of its
 * title.
 */
export function documentFormat(mediaType: string, title: string): string | undefined {
  const type = bareType(mediaType);
  const known = DOCUMENTS.get(type);
  if (known !== undefined) return known;
  const ending = /\.([A-Za-z]{1,5})$/.exec(title)?.[1]?.toLowerCase() ?? "";
  const named = ending === "htm" ? "html" : ending;
  if (DOCUMENT_FORMATS.has(named)) return named;
  return type.startsWith("text/") ? "txt" : undefined;
}

/** The vendor's word for the format of a video; undefined for one that it does not take. */
export function videoFormat(mediaType: string): string | undefined {
  const type = bareType(mediaType);
  return type === "" ? "mp4" : VIDEOS.get(type);
}

/** The vendor's word for the encoding of sound; undefined for one that it does not take. */
export function audioFormat(format: string): string | undefined {
  const word = bareType(format).replace(/^audio\//, "");
  if (word === "pcm16") return "pcm";
  return AUDIOS.has(word) ? word : undefined;
}

const IMAGES: ReadonlyMap<string, string> = new Map([
  ["image/png", "png"],
  ["image/jpeg", "jpeg"],
  ["image/jpg", "jpeg"],
  ["image/gif", "gif"],
  ["image/webp", "webp"],
]);

const DOCUMENTS: ReadonlyMap<string, string> = new Map([
  ["application/pdf", "pdf"],
  ["text/csv", "csv"],
  ["application/msword", "doc"],
  ["application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"],
  ["application/vnd.ms-excel", "xls"],
  ["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"],
  ["text/html", "html"],
  ["text/markdown", "md"],
]);

const DOCUMENT_FORMATS: ReadonlySet<string> = new Set([...DOCUMENTS.values(), "txt"]);

const VIDEOS: ReadonlyMap<string, string> = new Map([
  ["video/mp4", "mp4"],
  ["video/quicktime", "mov"],
  ["video/x-matroska", "mkv"],
  ["video/webm", "webm"],
  ["video/x-flv", "flv"],
  ["video/mpeg", "mpeg"],
  ["video/x-ms-wmv", "wmv"],
  ["video/3gpp", "three_gp"],
]);

const AUDIOS: ReadonlySet<string> = new Set(
  "aac flac m4a mka mkv mp3 mp4 mpeg mpga ogg opus pcm wav webm x-aac".split(" "),
);

function bareType(mediaType: string): string {
  return (mediaType.split(";")[0] ?? "").trim().toLowerCase();
}

function sniffImage(data: Uint8Array): string | undefined {
  const [one, two] = data;
  if (one === 0x89 && two === 0x50) return "png";
  if (one === 0xff && two === 0xd8) return "jpeg";
  if (one === 0x47 && two === 0x49) return "gif";
  return one === 0x52 && two === 0x49 && data[8] === 0x57 ? "webp" : undefined;
}
