import { errorCode, WRONG_VOLUME } from "./errno";

/** Explains an error of the volume to the operator. The text continues "DATA_DIR cannot be used: …". */
export function explainVolumeError(error: unknown): string {
  const code = errorCode(error);
  const syscall = (error as NodeJS.ErrnoException).syscall;
  switch (code) {
    case "EACCES":
      return "it may not be written by this user";
    case "EPERM":
      // Linux answers so for a file system without hard links, and for one that forbids them.
      return syscall === "link" ? NO_HARD_LINKS : "it may not be written by this user";
    case "ENOTSUP":
    case "ENOSYS":
    case "EOPNOTSUPP":
    case "EMLINK":
      return syscall === "link" || syscall === undefined
        ? NO_HARD_LINKS
        : `${syscall} is not supported there`;
    case "EROFS":
      return "it is mounted read-only";
    case "ENOSPC":
    case "EDQUOT":
      return "it is full";
    case "ENOENT":
      return "its folders are missing, and cannot be made";
    case "ENOTDIR":
    case "EEXIST":
      return "a file stands where a folder should be";
    case "volume_unavailable":
      return explainUnavailable((error as Error).cause);
    default:
      return code ?? (error as Error).message;
  }
}

function explainUnavailable(cause: unknown): string {
  const isOther = cause instanceof Error && errorCode(cause) === WRONG_VOLUME;
  return isOther ? cause.message : "it gives no answer";
}

const NO_HARD_LINKS = "its file system has no hard links, which commits need";
