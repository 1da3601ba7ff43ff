import { Deploy } from "@carbon/icons-react";
import { Button, Dropdown, OverflowMenu, OverflowMenuItem } from "@carbon/react";
import DmnModeler, { type View, type Viewer } from "dmn-js/lib/Modeler";
import { use, useEffect, useRef, useState } from "react";
import { DIAGRAM_COLOURS } from "@/shared/diagram/theme";
import { DeployDialog } from "../deploy/DeployDialog";
import type { EditorProps } from "../drafts/editorProps";
import { download } from "../drafts/download";
import { EditorHeader } from "../drafts/EditorHeader";
import { Reopening } from "../drafts/reopening";
import { SourceEditor } from "../drafts/SourceEditor";
import { VersionsDialog } from "../versions/VersionsDialog";
import { TryOut } from "./TryOut";
import "dmn-js/dist/assets/diagram-js.css";
import "dmn-js/dist/assets/dmn-js-shared.css";
import "dmn-js/dist/assets/dmn-js-drd.css";
import "dmn-js/dist/assets/dmn-js-decision-table.css";
import "dmn-js/dist/assets/dmn-js-decision-table-controls.css";
import "dmn-js/dist/assets/dmn-js-literal-expression.css";
import "dmn-js/dist/assets/dmn-js-boxed-expression.css";
import "dmn-js/dist/assets/dmn-js-boxed-expression-controls.css";
import "dmn-js/dist/assets/dmn-font/css/dmn-embedded.css";
import "@/shared/diagram/diagram.scss";
import "./dmn.scss";

const PAUSE_MS = 300;
const KINDS: Record<View["type"], string> = {
  drd: "Diagram",
  decisionTable: "Table",
  literalExpression: "Expression",
  boxedExpression: "Function",
};

/** The decision editor: the diagram of requirements, and the table or expression of each decision. */
export default function DmnPage({ saver, content }: EditorProps) {
  const container = useRef<HTMLDivElement>(null);
  const [modeler, setModeler] = useState<DmnModeler>();
  const [views, setViews] = useState<{ all: View[]; active?: View }>({ all: [] });
  const [failure, setFailure] = useState<Error>();
  const [deploying, setDeploying] = useState<string>();
  const [trying, setTrying] = useState(false);
  const [comparing, setComparing] = useState<string>();
  const reopen = use(Reopening);

  useEffect(() => {
    const created = new DmnModeler({ container: container.current!, drd: { drdRenderer: DIAGRAM_COLOURS } });
    let open = true;
    let dirty = false;
    let timer: ReturnType<typeof setTimeout> | undefined;

    async function hand(): Promise<void> {
      clearTimeout(timer);
      timer = undefined;
      if (!dirty) return;
      dirty = false;
      saver.change((await created.saveXML({ format: true })).xml);
    }
    const changed = () => {
      dirty = true;
      saver.touch();
      timer ??= setTimeout(() => void hand(), PAUSE_MS);
    };
    created.on("viewer.created", ({ viewer }: { viewer: Viewer }) => viewer.on("commandStack.changed", changed));
    created.on(
      "views.changed",
      ({ views: all, activeView }: { views: View[]; activeView?: View }) => open && setViews({ all: [...all], active: activeView }),
    );
    created
      .importXML(content)
      .then(async () => {
        const table = created.getViews().find((view) => view.type === "decisionTable");
        if (open && table && created.getViews().filter((view) => view.type !== "drd").length === 1) await created.open(table);
        if (open) setModeler(created);
      })
      .catch((error: Error) => open && setFailure(error));

    return () => {
      open = false;
      setModeler(undefined);
      void hand().finally(() => created.destroy());
    };
  }, [content, saver]);

  async function currentXml(): Promise<string> {
    if (!modeler) return saver.current;
    const { xml } = await modeler.saveXML({ format: true });
    saver.change(xml);
    return xml;
  }

  return (
    <div className="sw-editor">
      <EditorHeader saver={saver}>
        {views.all.length > 0 && (
          <Dropdown
            id="view"
            size="md"
            titleText="View"
            hideLabel
            label="View"
            className="sw-dmn__views"
            items={views.all}
            itemToString={(view) =>
              view ? `${view.type === "drd" ? "Requirements" : view.element.name || view.element.id} · ${KINDS[view.type]}` : ""
            }
            selectedItem={views.all.find((view) => view.id === views.active?.id && view.type === views.active.type) ?? null}
            onChange={({ selectedItem }) => selectedItem && void modeler?.open(selectedItem)}
          />
        )}
        <Button kind="ghost" size="md" aria-pressed={trying} onClick={() => setTrying(!trying)}>
          Try out
        </Button>
        <OverflowMenu size="md" flipped aria-label="More" iconDescription="More">
          <OverflowMenuItem itemText="Versions" onClick={() => void currentXml().then(setComparing)} />
          <OverflowMenuItem
            itemText="Download DMN"
            onClick={() => void currentXml().then((xml) => download(`${saver.getDraft().name}.dmn`, xml))}
          />
        </OverflowMenu>
        <Button size="md" renderIcon={Deploy} disabled={!modeler} onClick={() => void currentXml().then(setDeploying)}>
          Deploy
        </Button>
      </EditorHeader>
      {failure && <SourceEditor saver={saver} content={content} reason={failure.message} />}
      <div className={`sw-editor__body${failure ? " sw-gone" : ""}`}>
        <div className="sw-dmn bio-theme-parent" ref={container} />
        {trying && <TryOut saver={saver} />}
      </div>
      {comparing !== undefined && (
        <VersionsDialog
          kind="DMN"
          content={comparing}
          close={() => setComparing(undefined)}
          take={(xml, version) => {
            saver.change(xml);
            reopen(xml, { title: `The draft is version ${version} again.`, action: "Back to the draft", content: comparing });
          }}
        />
      )}
      {deploying !== undefined && <DeployDialog draft={saver.getDraft()} content={deploying} close={() => setDeploying(undefined)} />}
    </div>
  );
}
