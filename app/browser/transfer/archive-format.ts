export const ARCHIVE_FORMAT = "holdfast-archive";
export const ARCHIVE_VERSION = 1;
/** First file of the archive: what the list knows of the conversations in the others. */
export const INDEX_NAME = "holdfast.json";
