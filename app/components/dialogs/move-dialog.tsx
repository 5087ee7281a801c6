import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { PageClock } from "~/browser/page/page-clock";
import { KEYRING_LINK, leaveHandoff, leaveKeyring, type Handoff } from "~/browser/conversations/handoff";
import { useObservable } from "~/browser/page/use-observable";
import { newId } from "~/conversation/session/session-id";
import { Dialog } from "~/components/primitives/overlays/dialog";
import { DeviceIcon } from "~/components/primitives/more-icons";
import { LinkField } from "~/components/primitives/link-field";
import { QrCode } from "~/components/primitives/qr-code";
import { ErrorNote } from "~/components/primitives/notices/error-note";
import { useAttempt } from "~/components/hooks/use-attempt";
import { every } from "~/timer";

type Props = {
  app: ChatApp;
  /** Null for all conversations of this browser. */
  conversationId: string | null;
  onClose: () => void;
};

/**
 * Makes a link that brings conversations to another device, once. With the keyring on, a link for all of them has the
 * other device join it.
 */
export function MoveDialog({ app, conversationId, onClose }: Props) {
  const { t } = useTranslation();
  const { list, archived } = useObservable(app.conversations);
  const saved = [...list, ...archived].filter((conversation) => conversation.saved);
  const one = saved.find(({ id }) => id === conversationId);
  const [isAll, setIsAll] = useState(conversationId === null);
  const [handoff, setHandoff] = useState<Handoff | null>(null);
  const [isOver, setIsOver] = useState(false);
  const { attempt, isBusy, error } = useAttempt();
  const wanted = isAll || !one ? saved : [one];
  const isListed = useObservable(app.keyring).phase !== "off";
  const isWholeList = isListed && (isAll || !one);

  const expire = useCallback(() => setIsOver(true), []);

  const make = () =>
    attempt(async () => {
      setIsOver(false);
      const leave = isWholeList
        ? leaveKeyring(app, (await app.keyring.load()).secretForLink(), newId)
        : leaveHandoff(app, wanted, newId);
      setHandoff(await leave);
    });

  return (
    <Dialog title={t(isWholeList ? "keyring.addDevice" : "move.title")} onClose={onClose}>
      <p>{t(isWholeList ? "keyring.handoff.explanation" : "move.explanation")}</p>
      <ErrorNote error={error} />
      {handoff && !isOver ? (
        <OpenHandoff clock={app.clock} key={handoff.secret} handoff={handoff} onOver={expire} />
      ) : (
        <>
          {one && saved.length > 1 && (
            <fieldset className="settings__field" disabled={isBusy}>
              <legend>{t("move.what")}</legend>
              <div className="choice">
                <Option label={t("move.one")} isChosen={!isAll} onChoose={() => setIsAll(false)} />
                <Option
                  label={isListed ? t("keyring.handoff.all") : t("move.all", { count: saved.length })}
                  isChosen={isAll}
                  onChoose={() => setIsAll(true)}
                />
              </div>
            </fieldset>
          )}
          {isOver && <p role="alert">{t("move.expired")}</p>}
          {saved.length === 0 && !isWholeList ? (
            <p>{t("move.none")}</p>
          ) : (
            <button
              type="button"
              className="button button--primary dialog__main"
              aria-disabled={isBusy}
              onClick={() => void make()}
            >
              <DeviceIcon />
              <span>{t("move.make")}</span>
            </button>
          )}
        </>
      )}
    </Dialog>
  );
}

function Option({ label, isChosen, onChoose }: { label: string; isChosen: boolean; onChoose: () => void }) {
  return (
    <label className="choice__option">
      <input type="radio" className="visually-hidden" name="what" checked={isChosen} onChange={onChoose} />
      <span>{label}</span>
    </label>
  );
}

/** A usable link, with its remaining time. */
function OpenHandoff({ handoff, clock, onOver }: { handoff: Handoff; clock: PageClock; onOver: () => void }) {
  const { t } = useTranslation();
  const { secret, expiresAt, count } = handoff;
  const url = `${window.location.origin}/move#${count === null ? KEYRING_LINK : ""}${secret}`;
  const [secondsLeft, setSecondsLeft] = useState(() => secondsUntil(expiresAt, clock));

  useEffect(() => {
    return every(clock.after, 500, () => {
      const left = secondsUntil(expiresAt, clock);
      setSecondsLeft(left);
      if (left === 0) onOver();
    });
  }, [clock, expiresAt, onOver]);

  return (
    <>
      <QrCode text={url} label={t("move.code")} />
      <LinkField label={t("move.link")} url={url} />
      <p role="timer">
        {count !== null && <span>{`${t("move.holds", { count })} `}</span>}
        <span>{t("move.expiresIn", { time: minutesAndSeconds(secondsLeft) })}</span>
      </p>
    </>
  );
}

function secondsUntil(moment: number, clock: PageClock): number {
  return Math.max(0, Math.ceil((moment - clock.now()) / 1_000));
}

/** `9:05` */
function minutesAndSeconds(seconds: number): string {
  return `${String(Math.floor(seconds / 60))}:${String(seconds % 60).padStart(2, "0")}`;
}
