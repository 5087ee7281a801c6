import { DIRECTED, icon } from "./draw-icon";

export const MenuIcon = icon(<path d="M3 6h14M3 10h14M3 14h9" />, DIRECTED);
export const CloseIcon = icon(<path d="M5 5l10 10M15 5L5 15" />);
export const MoreIcon = icon(
  <g fill="currentColor" stroke="none">
    <circle cx="4.5" cy="10" r="1.5" />
    <circle cx="10" cy="10" r="1.5" />
    <circle cx="15.5" cy="10" r="1.5" />
  </g>,
);
export const ToolIcon = icon(
  <path d="M12.5 3.2a4 4 0 0 0-4.6 5.4l-5 5a1.7 1.7 0 0 0 2.5 2.4l5-5a4 4 0 0 0 5.3-4.7l-2.4 2.3-2.1-.6-.5-2.1z" />,
);
export const ShareIcon = icon(
  <>
    <circle cx="5" cy="10" r="2" />
    <circle cx="14.5" cy="5" r="2" />
    <circle cx="14.5" cy="15" r="2" />
    <path d="M6.8 9.1l5.9-3.2M6.8 10.9l5.9 3.2" />
  </>,
);
export const NewIcon = icon(
  <>
    <path d="M9 4H6a2.5 2.5 0 0 0-2.5 2.5V14A2.5 2.5 0 0 0 6 16.5h7.5A2.5 2.5 0 0 0 16 14v-3" />
    <path d="M8 12l.6-2.6L15 3a1.4 1.4 0 0 1 2 2l-6.4 6.4z" />
  </>,
);
export const SendIcon = icon(<path d="M10 16V4.5M5 9.5l5-5 5 5" strokeWidth="2" />);
export const StopIcon = icon(
  <rect x="4.5" y="4.5" width="11" height="11" rx="2.5" fill="currentColor" stroke="none" />,
);
export const DownIcon = icon(<path d="M10 4v11.5M5 10.5l5 5 5-5" />);
export const ArrowDownIcon = icon(<path d="M5.5 8l4.5 4.5L14.5 8" />);
export const RetryIcon = icon(
  <>
    <path d="M15.8 7.5A6.3 6.3 0 1 0 16.3 11" />
    <path d="M16.5 3.5v4h-4" />
  </>,
);
export const WarningIcon = icon(<path d="M10 3.2l7.3 12.9H2.7zM10 8.2v3.6M10 14.1v.1" />);
export const ImageIcon = icon(
  <>
    <rect x="3" y="4" width="14" height="12" rx="2" />
    <path d="M3.5 14l4-4 3 3 2.5-2.5 3.5 3.5M12.5 7.7v.1" />
  </>,
);
export const AttachIcon = icon(
  <path d="M16 9.2l-6.4 6.4a3.6 3.6 0 0 1-5.1-5.1l6.9-6.9a2.4 2.4 0 0 1 3.4 3.4L8 13.8a1.2 1.2 0 0 1-1.7-1.7l6-6" />,
);
export const PresetIcon = icon(
  <path d="M3 5.5h14M3 10h9M3 14.5h6M15.5 11.5l.9 2.1 2.1.9-2.1.9-.9 2.1-.9-2.1-2.1-.9 2.1-.9z" />,
  DIRECTED,
);
export const DocumentIcon = icon(
  <path d="M11.5 3H6.2A1.7 1.7 0 0 0 4.5 4.7v10.6A1.7 1.7 0 0 0 6.2 17h7.6a1.7 1.7 0 0 0 1.7-1.7V7zM11.5 3v4h4M7.5 10.5h5M7.5 13.5h5" />,
);
/** A message whose outline is drawn in dashes. */
export const TemporaryIcon = icon(<path d="M5 15.2A7 7 0 1 1 8 16.7L3.8 17.2z" strokeDasharray="2.4 2" />);
