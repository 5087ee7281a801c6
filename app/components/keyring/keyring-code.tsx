import { useEffect, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { printSheet } from "~/browser/page/print-sheet";
import type { Keyring } from "~/browser/keyring/keyring";
import { CopyButton } from "~/components/primitives/copy-button";
import { ErrorNote } from "~/components/primitives/notices/error-note";
import { PrintIcon } from "~/components/primitives/more-icons";
import { CodeField } from "./code-field";
import type { KeyringDialogProps } from "./keyring-dialog";
import { keyringProblem } from "./keyring-problem";

/** Shows the recovery code, to be copied or printed, then asks for it, to see that it was kept. */
export function KeyringCode({ app, notice, onView, onClose }: KeyringDialogProps) {
  const { t } = useTranslation();
  const [keyring, setKeyring] = useState<Keyring | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [step, setStep] = useState<"shown" | "asked" | "kept">("shown");

  useEffect(() => {
    app.keyring.load().then(setKeyring, (error: unknown) => setProblem(keyringProblem(t, error)));
  }, [app, t]);

  if (!keyring) return <ErrorNote error={problem} />;
  if (step === "shown")
    return <ShownCode code={keyring.recoveryCode()} notice={notice} onKept={() => setStep("asked")} />;
  if (step === "asked")
    return <AskedCode keyring={keyring} onBack={() => setStep("shown")} onRight={() => setStep("kept")} />;
  return (
    <>
      <p role="status">{t("keyring.code.kept")}</p>
      <div className="dialog__actions">
        <button type="button" className="button" onClick={() => onView("main")}>
          {t("keyring.manage")}
        </button>
        <button type="button" className="button button--primary" data-autofocus onClick={onClose}>
          {t("keyring.done")}
        </button>
      </div>
    </>
  );
}

function ShownCode({ code, notice, onKept }: { code: string; notice: string | null; onKept: () => void }) {
  const { t } = useTranslation();
  const print = () =>
    printSheet({
      title: t("keyring.code.sheetTitle", { app: t("app.name") }),
      code,
      lines: [t("keyring.code.sheetUse", { address: window.location.origin }), t("keyring.code.secret")],
    });
  return (
    <>
      {notice !== null && <p role="alert">{`${notice} ${t("keyring.code.instead")}`}</p>}
      <p>{t("keyring.code.explanation")}</p>
      <div className="keyring__code">
        <code dir="ltr" aria-label={t("keyring.code.label")}>
          {code}
        </code>
        <CopyButton text={() => code} label={t("keyring.code.copy")} />
      </div>
      <p>
        <strong>{t("keyring.code.secret")}</strong>
      </p>
      <div className="dialog__actions">
        <button type="button" className="button" onClick={print}>
          <PrintIcon />
          <span>{t("keyring.code.print")}</span>
        </button>
        <button type="button" className="button button--primary" onClick={onKept}>
          {t("keyring.code.next")}
        </button>
      </div>
    </>
  );
}

type AskedCodeProps = { keyring: Keyring; onBack: () => void; onRight: () => void };

function AskedCode({ keyring, onBack, onRight }: AskedCodeProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState<string | null>(null);

  function check(event: FormEvent) {
    event.preventDefault();
    try {
      if (keyring.isOwnCode(typed)) onRight();
      else setProblem(t("keyring.code.other"));
    } catch (error) {
      setProblem(keyringProblem(t, error));
    }
  }

  return (
    <form className="keyring__form" onSubmit={check}>
      <p>{t("keyring.code.ask")}</p>
      <CodeField value={typed} takesFocus onChange={setTyped} />
      <ErrorNote error={problem} />
      <div className="dialog__actions">
        <button type="button" className="button" onClick={onBack}>
          {t("keyring.code.showAgain")}
        </button>
        <button type="submit" className="button button--primary">
          {t("keyring.code.check")}
        </button>
      </div>
    </form>
  );
}
