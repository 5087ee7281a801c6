import { loadCode } from "~/browser/page/load-code";

/** The code that prepares files for upload, which a first visit does not need. @throws PageError `unreachable` */
export const loadPrepareFile = () => loadCode(() => import("./prepare-file"));
