import { Modal } from "@carbon/react";
import { keysInWords, SHORTCUTS } from "./shortcuts";

export function ShortcutsDialog({ close }: { close: () => void }) {
  return (
    <Modal open passiveModal modalHeading="Keyboard shortcuts" onRequestClose={close} aria-label="Keyboard shortcuts">
      <div className="sw-shortcuts" tabIndex={-1} data-modal-primary-focus>
        {SHORTCUTS.map(({ group, keys }) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {keys.map(([combination, meaning]) => (
                <div key={combination}>
                  <dt>
                    {keysInWords(combination)
                      .split(" ")
                      .map((key) => (
                        <kbd key={key}>{key}</kbd>
                      ))}
                  </dt>
                  <dd>{meaning}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
