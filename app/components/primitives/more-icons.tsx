import { DIRECTED, icon } from "./draw-icon";

/* Icons that the first view does not need. */

export const PinIcon = icon(<path d="M7 3.5h6M8 3.5l-.4 5L5 11.5h10l-2.6-3-.4-5M10 11.5v5" />);
export const UnpinIcon = icon(
  <path d="M7 3.5h6M8 3.5l-.4 5L5 11.5h10l-2.6-3-.4-5M10 11.5v5M3.5 3.5l13 13" />,
);
export const DeviceIcon = icon(
  <>
    <path d="M10.5 15.5H4A1.5 1.5 0 0 1 2.5 14V5.5A1.5 1.5 0 0 1 4 4h10.5" />
    <rect x="12.5" y="7" width="5" height="9.5" rx="1.2" />
  </>,
);
export const DownloadIcon = icon(<path d="M10 3.5v9M6 9l4 4 4-4M4 16.5h12" />);
export const UploadIcon = icon(<path d="M10 13V4M6 7.5l4-4 4 4M4 16.5h12" />);
export const LeaveIcon = icon(<path d="M12 6V3.5H4v13h8V14M8 10h9.5M14.5 7l3 3-3 3" />);
export const FileIcon = icon(<path d="M5 2.5h6l4 4v11H5zM11 2.5v4h4" />);
export const SearchIcon = icon(
  <>
    <circle cx="8.8" cy="8.8" r="5.3" />
    <path d="M12.8 12.8l4 4" />
  </>,
);
export const DeleteIcon = icon(
  <path d="M3.5 5.5h13M8 5.5V4.2a.7.7 0 0 1 .7-.7h2.6a.7.7 0 0 1 .7.7V5.5M5 5.5l.7 10a1.2 1.2 0 0 0 1.2 1.1h6.2a1.2 1.2 0 0 0 1.2-1.1l.7-10M8.5 9v4.5M11.5 9v4.5" />,
);
export const ChatIcon = icon(<path d="M3.5 4.5h13v9H9l-3.5 3v-3h-2z" />);
export const PrintIcon = icon(<path d="M6 7V3.5h8V7M6 13.5H3.5V7h13v6.5H14M6 11.5h8v5H6z" />);
export const AppearanceIcon = icon(<path d="M10 3.5a6.5 6.5 0 1 0 0 13zM10 3.5a6.5 6.5 0 0 1 0 13" />);
export const ModelIcon = icon(<path d="M10 3l1.7 5.3L17 10l-5.3 1.7L10 17l-1.7-5.3L3 10l5.3-1.7z" />);
export const UpIcon = icon(<path d="M10 16V4.5M5 9.5l5-5 5 5" />);
export const CopyIcon = icon(
  <>
    <rect x="7" y="7" width="9.5" height="9.5" rx="2" />
    <path d="M13 7V5.5a2 2 0 0 0-2-2H5.5a2 2 0 0 0-2 2V11a2 2 0 0 0 2 2H7" />
  </>,
);
export const CodeIcon = icon(<path d="M7 6l-4 4 4 4M13 6l4 4-4 4" />);
export const DiagramIcon = icon(
  <>
    <rect x="3" y="3.5" width="6" height="4.5" rx="1.2" />
    <rect x="11" y="12" width="6" height="4.5" rx="1.2" />
    <path d="M6 8v4.2a2 2 0 0 0 2 2h3" />
  </>,
);
export const EnlargeIcon = icon(<path d="M12 3.5h4.5V8M8 16.5H3.5V12M16.5 3.5L11.5 8.5M3.5 16.5l5-5" />);
export const ZoomInIcon = icon(
  <path d="M13 13l4 4M3 8.5a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0 -11 0M8.5 6v5M6 8.5h5" />,
);
export const ZoomOutIcon = icon(<path d="M13 13l4 4M3 8.5a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0 -11 0M6 8.5h5" />);
export const WrapIcon = icon(<path d="M3 5h14M3 15h4.5M3 10h11.2a2.5 2.5 0 0 1 0 5H11m1.8-2L11 15l1.8 2" />);
export const CheckIcon = icon(<path d="M4 10.5l4 4 8-9" />);
export const ContinueIcon = icon(<path d="M4 10h11.5M11 5.5l4.5 4.5-4.5 4.5" />, DIRECTED);
export const SettingsIcon = icon(
  <>
    <path d="M3 6h8M15 6h2M3 14h2M9 14h8" />
    <circle cx="13" cy="6" r="2" />
    <circle cx="7" cy="14" r="2" />
  </>,
);
export const EditIcon = icon(<path d="M12.5 4.5l3 3L7 16H4v-3zM11 6l3 3" />);
export const BackIcon = icon(<path d="M12 5l-5 5 5 5" />, DIRECTED);
export const ForwardIcon = icon(<path d="M8 5l5 5-5 5" />, DIRECTED);
export const InfoIcon = icon(
  <>
    <circle cx="10" cy="10" r="6.75" />
    <path d="M10 9.2v4M10 6.7v.1" />
  </>,
);
export const ForkIcon = icon(
  <>
    <circle cx="5.5" cy="4.5" r="1.75" />
    <circle cx="14.5" cy="4.5" r="1.75" />
    <circle cx="5.5" cy="15.5" r="1.75" />
    <path d="M5.5 6.25v7.5M14.5 6.25c0 3.5-5.5 3-8.2 6.2" />
  </>,
);
export const SidebarIcon = icon(
  <>
    <rect x="3" y="4" width="14" height="12" rx="2" />
    <path d="M8 4v12" />
  </>,
  DIRECTED,
);
export const KeyboardIcon = icon(
  <>
    <rect x="2.5" y="5" width="15" height="10" rx="2" />
    <path d="M6 8.2v.1M10 8.2v.1M14 8.2v.1M7 12h6" />
  </>,
);
export const FolderIcon = icon(
  <path d="M2.5 6V5A1.5 1.5 0 0 1 4 3.5h3.3l2 2.3H16A1.5 1.5 0 0 1 17.5 7.3V15a1.5 1.5 0 0 1-1.5 1.5H4A1.5 1.5 0 0 1 2.5 15z" />,
  DIRECTED,
);
export const ArchiveIcon = icon(
  <path d="M2.5 4h15v3.5h-15zM4 7.5v7A1.5 1.5 0 0 0 5.5 16h9a1.5 1.5 0 0 0 1.5-1.5v-7M8 10.5h4" />,
);
export const SelectIcon = icon(
  <>
    <circle cx="10" cy="10" r="7" />
    <path d="M6.8 10.2l2.2 2.2 4.2-4.6" />
  </>,
);
/** Points to what is folded; the style turns it where that is unfolded. */
export const ChevronIcon = icon(<path d="M7.5 5l5 5-5 5" />, DIRECTED);
