/** Number of messages up to which all are drawn, so that the browser's search, print and selection work. */
export const WHOLE_UP_TO = 60;
