import type { ReactNode } from "react";
import { useAreas } from "../areas";
import { useWords } from "../lib/language";
import { Dialog } from "../ui/Dialog";
import { shell } from "../words/shell";

export function ShortcutHelp({ onClose }: { onClose: () => void }): ReactNode {
  const t = useWords(shell);
  const areas = useAreas();
  const groups: [string, [string, string][]][] = [
    [
      t("keys_anywhere"),
      [
        ...areas.map(({ name, key }): [string, string] => [`g ${key}`, t("key_go", { name: t(name) })]),
        ["/", t("key_search")],
        ["n", t("key_new")],
        ["?", t("key_help")],
        ["Esc", t("key_close")],
      ],
    ],
    [
      t("keys_inbox"),
      [
        ["j", t("key_next")],
        ["k", t("key_previous")],
        ["r", t("key_reply")],
        ["e", t("key_close_conversation")],
        ["i", t("key_panel")],
      ],
    ],
    [
      t("keys_writing"),
      [
        ["Enter", t("key_send")],
        ["Shift Enter", t("key_newline")],
      ],
    ],
  ];
  return (
    <Dialog title={t("shortcuts")} onClose={onClose}>
      {groups.map(([title, rows]) => (
        <section key={title} className="keys">
          <h3 className="soft">{title}</h3>
          <dl>
            {rows.map(([keys, what]) => (
              <div key={keys}>
                <dt>
                  {keys.split(" ").map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}
