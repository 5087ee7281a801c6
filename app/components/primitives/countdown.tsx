import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { pageClock } from "~/browser/page/page-clock";
import { every } from "~/timer";

type Props = {
  /** Milliseconds since 1970. */
  until: number | undefined;
  /** What happens then; by default, one can try again. */
  say?: (time: string) => string;
};

/** The remaining time of a limit, updated each second. Renders nothing when it is over. */
export function Countdown({ until, say }: Props) {
  const { t } = useTranslation();
  const [now, setNow] = useState(() => pageClock.now());
  const seconds = until === undefined ? 0 : Math.ceil((until - now) / 1000);

  const isOver = seconds <= 0;
  useEffect(() => {
    if (isOver) return;
    return every(pageClock.after, 1_000, () => setNow(pageClock.now()));
  }, [isOver]);

  if (isOver) return null;
  const time = formatDuration(seconds);
  return (
    // Read out on focus, not each second.
    <span className="countdown" role="timer" aria-live="off">
      {say ? say(time) : t("wait.tryAgain", { time })}
    </span>
  );
}

/** 0:42, 12:05, 7:30:00: the same in all languages of the page. */
function formatDuration(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const pad = (value: number) => String(value).padStart(2, "0");
  const rest = pad(seconds % 60);
  return hours > 0 ? `${hours}:${pad(minutes)}:${rest}` : `${minutes}:${rest}`;
}
