import { Button, InlineNotification, Modal, Tab, TabList, TabPanel, TabPanels, Tabs, TextArea } from "@carbon/react";
import { useRef, useState } from "react";
import { DiagramViewer } from "@/shared/diagram";
import type { EditorProps } from "../drafts/editorProps";
import { download } from "../drafts/download";
import { EditorHeader } from "../drafts/EditorHeader";
import { SourceEditor } from "../drafts/SourceEditor";
import type { Loss } from "./losses";
import type { Reading } from "./reading";
import "./LossyDiagram.scss";

interface Props extends EditorProps {
  reading: Reading;
  openAnyway: () => void;
}

const PICTURE = 0;
const SOURCE = 1;
const MOST = 100;

/** A diagram that the editor would not keep whole: to be looked at, to be mended in its source, or to be opened knowing what is lost. */
export function LossyDiagram({ saver, content, reading, openAnyway }: Props) {
  const { losses, kept } = reading;
  const source = useRef<HTMLTextAreaElement>(null);
  const [tab, setTab] = useState(PICTURE);
  const [asking, setAsking] = useState(false);
  const [mending, setMending] = useState(false);
  const parts = losses.length === 1 ? "One part" : `${losses.length} parts`;

  function showLine(line: number) {
    setTab(SOURCE);
    // The text has a size only when its tab is shown.
    setTimeout(() => source.current && select(source.current, line));
  }

  if (mending) {
    return (
      <div className="sw-editor">
        <EditorHeader saver={saver} />
        <SourceEditor
          saver={saver}
          content={content}
          title="You change the source."
          reason="What you type is saved. Open it again when it is mended."
        />
      </div>
    );
  }
  return (
    <div className="sw-editor">
      <EditorHeader saver={saver}>
        <Button kind="ghost" size="md" onClick={() => download(`${saver.getDraft().name}.bpmn`, content)}>
          Download BPMN
        </Button>
        <Button kind="tertiary" size="md" onClick={() => setMending(true)}>
          Change the source
        </Button>
        <Button kind="danger--tertiary" size="md" onClick={() => setAsking(true)}>
          Open for editing anyway
        </Button>
      </EditorHeader>
      <div className="sw-lossy">
        <InlineNotification
          kind="warning"
          lowContrast
          hideCloseButton
          title={`${parts} of this file cannot be read by the editor.`}
          subtitle="The file stays as it is: nothing is saved while you look at it."
        />
        <div className="sw-lossy__list">
          <LossList losses={losses} showLine={showLine} />
        </div>
        <Tabs selectedIndex={tab} onChange={({ selectedIndex }) => setTab(selectedIndex)}>
          <TabList aria-label="Views of the file">
            <Tab>Picture</Tab>
            <Tab>Source</Tab>
          </TabList>
          <TabPanels>
            <TabPanel className="sw-lossy__view">
              <DiagramViewer xml={kept} label="Diagram, as far as it can be read" />
            </TabPanel>
            <TabPanel className="sw-lossy__view">
              <TextArea ref={source} id="source" labelText="Source" hideLabel readOnly rows={24} spellCheck={false} value={content} />
            </TabPanel>
          </TabPanels>
        </Tabs>
      </div>
      {asking && (
        <Modal
          open
          danger
          size="sm"
          modalHeading="Open for editing anyway?"
          primaryButtonText="Open and lose them"
          secondaryButtonText="Cancel"
          onRequestClose={() => setAsking(false)}
          onRequestSubmit={openAnyway}
        >
          <p>With your first change the file is saved without what the editor cannot read:</p>
          <LossList losses={losses} />
        </Modal>
      )}
    </div>
  );
}

function LossList({ losses, showLine }: { losses: readonly Loss[]; showLine?: (line: number) => void }) {
  return (
    <ul className="sw-losses">
      {losses.slice(0, MOST).map(({ element, line, what }, index) => (
        <li key={index}>
          <strong>{element}</strong>
          {line !== undefined && (
            <>
              {" in "}
              {showLine ? (
                <button type="button" className="sw-link" onClick={() => showLine(line)}>
                  line {line}
                </button>
              ) : (
                `line ${line}`
              )}
            </>
          )}
          : {what}.
        </li>
      ))}
      {losses.length > MOST && <li>and {losses.length - MOST} more.</li>}
    </ul>
  );
}

function select(text: HTMLTextAreaElement, line: number): void {
  const lines = text.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  text.focus();
  text.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  text.scrollTop = (text.scrollHeight * (line - 3)) / lines.length;
}
