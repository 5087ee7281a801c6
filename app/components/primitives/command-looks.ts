import type { TFunction } from "i18next";
import type { ComponentType } from "react";
import type { CommandId } from "~/browser/page/commands";
import * as first from "./icons";
import * as more from "./more-icons";

const icons = { ...first, ...more };

/** How each command looks in the palette, in menus and in the list of shortcuts. */
export const COMMAND_LOOKS: Record<CommandId, { Icon: ComponentType; label: (t: TFunction) => string }> = {
  new: { Icon: icons.NewIcon, label: (t) => t("commands.new") },
  temporary: { Icon: icons.TemporaryIcon, label: (t) => t("temporary.title") },
  compose: { Icon: icons.EditIcon, label: (t) => t("commands.compose") },
  find: { Icon: icons.SearchIcon, label: (t) => t("commands.find") },
  list: { Icon: icons.MenuIcon, label: (t) => t("commands.list") },
  previous: { Icon: icons.UpIcon, label: (t) => t("commands.previous") },
  next: { Icon: icons.DownIcon, label: (t) => t("commands.next") },
  stop: { Icon: icons.StopIcon, label: (t) => t("commands.stop") },
  copy: { Icon: icons.CopyIcon, label: (t) => t("commands.copy") },
  edit: { Icon: icons.EditIcon, label: (t) => t("commands.edit") },
  conversationSettings: { Icon: icons.SettingsIcon, label: (t) => t("conversationSettings.title") },
  rename: { Icon: icons.EditIcon, label: (t) => t("list.rename") },
  pin: { Icon: icons.PinIcon, label: (t) => t("list.pin") },
  unpin: { Icon: icons.UnpinIcon, label: (t) => t("list.unpin") },
  folder: { Icon: icons.FolderIcon, label: (t) => t("folders.move") },
  archive: { Icon: icons.ArchiveIcon, label: (t) => t("list.archive") },
  unarchive: { Icon: icons.ArchiveIcon, label: (t) => t("list.unarchive") },
  select: { Icon: icons.SelectIcon, label: (t) => t("list.select") },
  share: { Icon: icons.ShareIcon, label: (t) => t("list.share") },
  move: { Icon: icons.DeviceIcon, label: (t) => t("list.move") },
  exportMarkdown: { Icon: icons.DownloadIcon, label: (t) => t("list.exportMarkdown") },
  exportJson: { Icon: icons.DownloadIcon, label: (t) => t("list.exportJson") },
  print: { Icon: icons.PrintIcon, label: (t) => t("list.print") },
  delete: { Icon: icons.DeleteIcon, label: (t) => t("list.delete") },
  sidebar: { Icon: icons.SidebarIcon, label: (t) => t("commands.sidebar") },
  settings: { Icon: icons.SettingsIcon, label: (t) => t("commands.settings") },
  import: { Icon: icons.UploadIcon, label: (t) => t("commands.import") },
  palette: { Icon: icons.SearchIcon, label: (t) => t("commands.palette") },
  help: { Icon: icons.KeyboardIcon, label: (t) => t("commands.help") },
};
