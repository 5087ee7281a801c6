import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { PasskeyProblem } from "~/browser/keyring/keyring";
import { Dialog } from "~/components/primitives/overlays/dialog";
import { KeyringCode } from "./keyring-code";
import { KeyringEnd } from "./keyring-end";
import { KeyringOverview } from "./keyring-overview";
import { JoinKeyring } from "./join-keyring";

/** What the dialog shows. `forget`, `lost`, `delete`: a question before something that cannot be undone. */
export type KeyringView = "main" | "code" | "join" | "forget" | "lost" | "delete";

export type KeyringDialogProps = {
  app: ChatApp;
  view: KeyringView;
  /** Null if passkeys can be used here. */
  passkeyProblem: PasskeyProblem | null;
  /** Why a recovery code is shown in place of a passkey; null as a rule. */
  notice: string | null;
  onMoveAll: () => void;
  onView: (view: KeyringView) => void;
  onClose: () => void;
};

/** Everything about the keyring beside turning it on. */
export function KeyringDialog(props: KeyringDialogProps) {
  const { t } = useTranslation();
  const { view, onClose } = props;
  const title = view === "main" ? t("keyring.title") : t(`keyring.${view}.title`);
  return (
    // Mounted anew for each view, so that the focus begins at its start.
    <Dialog key={view} title={title} onClose={onClose} isWide={view === "main"}>
      <View {...props} />
    </Dialog>
  );
}

function View(props: KeyringDialogProps) {
  switch (props.view) {
    case "main":
      return <KeyringOverview {...props} />;
    case "code":
      return <KeyringCode {...props} />;
    case "join":
      return <JoinKeyring {...props} />;
    default:
      return <KeyringEnd {...props} view={props.view} />;
  }
}
