import type { ReactNode } from "react";

/** Drawn on a 20 px grid with one stroke width. Hidden from screen readers, since each is part of something labelled. */
export function icon(drawing: ReactNode, className = "icon") {
  return function Icon() {
    return (
      <svg
        className={className}
        viewBox="0 0 20 20"
        width="20"
        height="20"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.6"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        focusable="false"
      >
        {drawing}
      </svg>
    );
  };
}

/** Points in the direction of reading, so it is mirrored in languages written from right to left. */
export const DIRECTED = "icon icon--directed";
