import { Deploy, Menu as MenuIcon, Play, Redo, Settings, TreeView as TreeIcon, Undo } from "@carbon/icons-react";
import { Button, IconButton, InlineNotification, OverflowMenu, OverflowMenuItem } from "@carbon/react";
import { layoutProcess } from "bpmn-auto-layout";
import { use, useEffect, useRef, useState } from "react";
import { useResource } from "@/api/queries";
import { reasonOf } from "@/api/problems";
import { useShortcut } from "@/app/shortcuts";
import { LoadingState } from "@/shared/states";
import { DeployDialog } from "../deploy/DeployDialog";
import { StartDialog } from "../deploy/StartDialog";
import type { EditorProps } from "../drafts/editorProps";
import { download } from "../drafts/download";
import { EditorHeader } from "../drafts/EditorHeader";
import { Reopening } from "../drafts/reopening";
import { SourceEditor } from "../drafts/SourceEditor";
import { Samples } from "../expressions/Samples";
import { ProblemsPanel } from "../problems/ProblemsPanel";
import { VersionsDialog } from "../versions/VersionsDialog";
import { showElement } from "./createModeler";
import { Notes } from "./Notes";
import { Outline } from "./Outline";
import { pngOf, svgOf } from "./picture";
import { templatesFrom } from "./templates";
import { useForms } from "./useForms";
import { useModeler } from "./useModeler";
import { useProblems } from "./useProblems";
import { fitToCanvas } from "./view";
import "diagram-js/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import "bpmn-js/dist/assets/bpmn-font/css/bpmn-embedded.css";
import "@bpmn-io/properties-panel/dist/assets/properties-panel.css";
import "bpmn-js-element-templates/dist/assets/element-templates.css";
import "@bpmn-io/element-template-chooser/dist/element-template-chooser.css";
import "diagram-js-minimap/assets/diagram-js-minimap.css";
import "bpmn-js-bpmnlint/dist/assets/css/bpmn-js-bpmnlint.css";
import "bpmn-js-color-picker/colors/color-picker.css";
import "@/shared/diagram/diagram.scss";
import "./bpmn.scss";

type DialogKind = "deploy" | "start" | "versions";

/** The layout knows one process: pools and lanes would be lost. */
function hasPools(xml: string): boolean {
  return /<([\w-]+:)?(participant|laneSet)[\s>]/.test(xml);
}

const WIDE = "(min-width: 66rem)";

interface Props extends EditorProps {
  /** What the person is told about the file before any work. */
  notes: readonly string[];
}

export function BpmnPage({ saver, content, notes }: Props) {
  const canvas = useRef<HTMLDivElement>(null);
  const properties = useRef<HTMLDivElement>(null);
  const popups = useRef<HTMLDivElement>(null);
  const reopen = use(Reopening);
  const { modeler, ready, failure, undrawn, changes, sync } = useModeler({ canvas, properties, popups }, content, saver, useForms());
  const { problems, note } = useProblems(modeler, saver);
  const jobTypes = useResource("/v2/job-types", {}, { staleTime: 60_000 });
  const [outlineOpen, setOutlineOpen] = useState(false);
  const [propertiesOpen, setPropertiesOpen] = useState(() => window.matchMedia(WIDE).matches);
  const [problemsOpen, setProblemsOpen] = useState(false);
  const [dialog, setDialog] = useState<{ kind: DialogKind; content: string }>();
  const [notice, setNotice] = useState<string>();
  const stack = modeler?.get("commandStack");
  // The canvas binds these keys itself while it has the focus; here they count for the rest of the page.
  useShortcut("mod+z", () => stack?.canUndo() && stack.undo(), { whileTyping: false });
  useShortcut("mod+y", () => stack?.canRedo() && stack.redo(), { whileTyping: false });

  useEffect(() => {
    if (modeler && jobTypes.data) modeler.get("elementTemplatesLoader").setTemplates(templatesFrom(jobTypes.data.items));
  }, [modeler, jobTypes.data]);

  async function open(kind: DialogKind) {
    const xml = await sync();
    void saver.flush();
    setDialog({ kind, content: xml });
  }

  async function attempt(action: () => Promise<unknown>) {
    setNotice(undefined);
    try {
      await action();
    } catch (error) {
      setNotice(reasonOf(error));
    }
  }

  async function layOut() {
    const before = await sync();
    const drawn = await layoutProcess(before);
    saver.change(drawn);
    reopen(drawn, { title: "The diagram was laid out anew.", action: "Back to the old drawing", content: before });
  }

  const show = (elementId: string) => modeler && showElement(modeler, elementId);
  const name = () => saver.getDraft().name;

  return (
    <div className="sw-editor" ref={popups}>
      <EditorHeader saver={saver}>
        <IconButton kind="ghost" size="md" label="Undo" disabled={!ready || !stack?.canUndo()} onClick={() => stack?.undo()}>
          <Undo />
        </IconButton>
        <IconButton kind="ghost" size="md" label="Redo" disabled={!ready || !stack?.canRedo()} onClick={() => stack?.redo()}>
          <Redo />
        </IconButton>
        <IconButton
          kind="ghost"
          size="md"
          label="Outline"
          isSelected={outlineOpen}
          aria-pressed={outlineOpen}
          onClick={() => setOutlineOpen(!outlineOpen)}
        >
          <TreeIcon />
        </IconButton>
        <IconButton
          kind="ghost"
          size="md"
          label="Properties"
          isSelected={propertiesOpen}
          aria-pressed={propertiesOpen}
          onClick={() => setPropertiesOpen(!propertiesOpen)}
        >
          <Settings />
        </IconButton>
        <OverflowMenu size="md" flipped renderIcon={MenuIcon} aria-label="More" iconDescription="More">
          <OverflowMenuItem itemText="Show all of it" onClick={() => modeler && fitToCanvas(modeler)} />
          <OverflowMenuItem itemText="Minimap" onClick={() => modeler?.get("minimap").toggle()} />
          <OverflowMenuItem
            itemText="Lay out anew"
            disabled={!ready || hasPools(saver.current)}
            title="Pools and lanes are left as they are drawn"
            onClick={() => void attempt(layOut)}
          />
          <OverflowMenuItem itemText="Versions" disabled={!ready} onClick={() => void open("versions")} />
          <OverflowMenuItem
            hasDivider
            itemText="Download BPMN"
            onClick={() => void attempt(async () => download(`${name()}.bpmn`, await sync()))}
          />
          <OverflowMenuItem
            itemText="Download SVG"
            onClick={() => void attempt(async () => download(`${name()}.svg`, await svgOf(modeler!)))}
          />
          <OverflowMenuItem
            itemText="Download PNG"
            onClick={() => void attempt(async () => download(`${name()}.png`, await pngOf(modeler!)))}
          />
        </OverflowMenu>
        <Button kind="tertiary" size="md" renderIcon={Play} disabled={!ready} onClick={() => void open("start")}>
          Start
        </Button>
        <Button size="md" renderIcon={Deploy} disabled={!ready} onClick={() => void open("deploy")}>
          Deploy
        </Button>
      </EditorHeader>
      {notice && <InlineNotification kind="error" lowContrast title={notice} onClose={() => setNotice(undefined)} />}
      <Notes notes={[...notes, ...undrawn]} />
      {failure && <SourceEditor saver={saver} content={content} reason={failure.message} />}
      <div className={`sw-editor__body${failure ? " sw-gone" : ""}`}>
        {outlineOpen && modeler && ready && <Outline modeler={modeler} changes={changes} />}
        <div className="sw-bpmn__canvas bio-theme-parent" ref={canvas} aria-label="Diagram" />
        {!ready && !failure && (
          <div className="sw-bpmn__cover">
            <LoadingState label="Opening the diagram" lines={3} />
          </div>
        )}
        <aside className="sw-bpmn__properties bio-theme-parent" aria-label="Properties" hidden={!propertiesOpen}>
          <div className="sw-bpmn__panel" ref={properties} />
          {ready && <Samples draftKey={saver.getDraft().draftKey} panel={properties} />}
        </aside>
      </div>
      {!failure && <ProblemsPanel problems={problems} note={note} open={problemsOpen} setOpen={setProblemsOpen} show={show} />}
      {dialog?.kind === "deploy" && (
        <DeployDialog draft={saver.getDraft()} content={dialog.content} close={() => setDialog(undefined)} show={show} />
      )}
      {dialog?.kind === "versions" && (
        <VersionsDialog
          kind="BPMN"
          content={dialog.content}
          close={() => setDialog(undefined)}
          take={(xml, version) => {
            saver.change(xml);
            reopen(xml, { title: `The draft is version ${version} again.`, action: "Back to the draft", content: dialog.content });
          }}
        />
      )}
      {dialog?.kind === "start" && (
        <StartDialog draft={saver.getDraft()} content={dialog.content} close={() => setDialog(undefined)} show={show} />
      )}
    </div>
  );
}
