import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { ChatSession } from "~/browser/chat/chat-session";
import { useToolChoice } from "~/components/hooks/use-tool-choice";
import { toolTitle } from "~/components/messages/calls/tool-title";
import { Disclosure } from "~/components/primitives/overlays/disclosure";
import { isServerUsed, isToolUsed, type ToolServerView } from "~/conversation/calls/tool-choice";
import type { Settings } from "~/conversation/session/session";

type Props = { app: ChatApp; chat: ChatSession };

/** Which tools the conversation may use, and which of them run without asking. Each change counts at once. */
export function ToolsField({ app, chat }: Props) {
  const { t } = useTranslation();
  const { servers, choice, error } = useToolChoice(app, chat);
  return (
    <fieldset className="settings__field tools-field">
      <legend>{t("tools.label")}</legend>
      {servers === null && <p className="settings__hint">{error ?? t("tools.loading")}</p>}
      {servers?.map((server) => (
        <Server key={server.name} {...{ chat, server, choice }} />
      ))}
    </fieldset>
  );
}

type ServerProps = { chat: ChatSession; server: ToolServerView; choice: Settings["tools"] };

function Server({ chat, server, choice }: ServerProps) {
  const { t, i18n } = useTranslation();
  const { name, isOn, isAway, tools, leftOut } = server;
  const isUsed = isServerUsed(server, choice);
  const use = (changed: string, value: boolean, byDefault: boolean) =>
    chat.changeSettings({ tools: { use: { [changed]: value === byDefault ? null : value } } });
  return (
    <div className="tools-field__server">
      <label className="settings__check">
        <input type="checkbox" checked={isUsed} onChange={({ target }) => use(name, target.checked, isOn)} />
        <bdi>{name}</bdi>
        {isAway && <span className="settings__hint">{t("tools.away")}</span>}
      </label>
      {isUsed && leftOut.length > 0 && (
        <p className="settings__hint">
          {t("tools.leftOut", { names: new Intl.ListFormat(i18n.language).format(leftOut) })}
        </p>
      )}
      {isUsed && tools.length > 0 && (
        <Disclosure summary={t("tools.count", { count: tools.length })}>
          <ul className="tools-field__list">
            {tools.map((tool) => (
              <li key={tool.name}>
                <label className="settings__check" title={tool.description}>
                  <input
                    type="checkbox"
                    checked={isToolUsed(tool, choice)}
                    onChange={({ target }) => use(tool.name, target.checked, true)}
                  />
                  <span>{toolTitle(tool.name, name)[1]}</span>
                </label>
                {tool.asks && isToolUsed(tool, choice) && (
                  <label className="settings__check">
                    <input
                      type="checkbox"
                      aria-label={t("tools.asksFirstOf", { tool: toolTitle(tool.name, name)[1] })}
                      checked={!choice?.allowed?.includes(tool.name)}
                      onChange={({ target }) =>
                        chat.changeSettings({ tools: { allowed: { [tool.name]: !target.checked } } })
                      }
                    />
                    <span>{t("tools.asksFirst")}</span>
                  </label>
                )}
              </li>
            ))}
          </ul>
        </Disclosure>
      )}
    </div>
  );
}
