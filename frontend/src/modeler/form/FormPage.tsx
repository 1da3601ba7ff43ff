import { Deploy } from "@carbon/icons-react";
import { Button, ContentSwitcher, OverflowMenu, OverflowMenuItem, Switch } from "@carbon/react";
import { FormEditor } from "@bpmn-io/form-js-editor";
import { use, useEffect, useRef, useState } from "react";
import type { EditorProps } from "../drafts/editorProps";
import { DeployDialog } from "../deploy/DeployDialog";
import { download } from "../drafts/download";
import { EditorHeader } from "../drafts/EditorHeader";
import { Reopening } from "../drafts/reopening";
import { SourceEditor } from "../drafts/SourceEditor";
import { VersionsDialog } from "../versions/VersionsDialog";
import { FormPreview } from "./FormPreview";
import "@bpmn-io/form-js-viewer/dist/assets/form-js.css";
import "@bpmn-io/form-js-editor/dist/assets/form-js-editor.css";
import "@bpmn-io/properties-panel/dist/assets/properties-panel.css";
import "@/shared/forms/forms.scss";
import "./form.scss";

type View = "design" | "preview";

/** The form builder, and beside it the form as a person will see it. */
export default function FormPage({ saver, content }: EditorProps) {
  const container = useRef<HTMLDivElement>(null);
  const editor = useRef<FormEditor>(null);
  const [failure, setFailure] = useState<Error>();
  const [view, setView] = useState<View>("design");
  const [schema, setSchema] = useState<object>();
  const [deploying, setDeploying] = useState<string>();
  const [comparing, setComparing] = useState<string>();
  const reopen = use(Reopening);

  useEffect(() => {
    const created = new FormEditor({ container: container.current!, exporter: { name: "Stepwell", version: "1" } } as never);
    let open = true;
    async function start() {
      await created.importSchema(JSON.parse(content));
      if (!open) return;
      editor.current = created;
      created.on("changed", () => saver.change(`${JSON.stringify(created.saveSchema(), null, 2)}\n`));
    }
    start().catch((error: Error) => open && setFailure(error));
    return () => {
      open = false;
      editor.current = null;
      created.destroy();
    };
  }, [content, saver]);

  function choose(next: View) {
    if (next === "preview") setSchema(editor.current?.saveSchema());
    setView(next);
  }

  return (
    <div className="sw-editor">
      <EditorHeader saver={saver}>
        <ContentSwitcher size="md" selectedIndex={view === "design" ? 0 : 1} onChange={({ name }) => choose(name as View)}>
          <Switch name="design" text="Design" />
          <Switch name="preview" text="Preview" />
        </ContentSwitcher>
        <OverflowMenu size="md" flipped aria-label="More" iconDescription="More">
          <OverflowMenuItem itemText="Versions" onClick={() => setComparing(saver.current)} />
          <OverflowMenuItem itemText="Download form" onClick={() => download(`${saver.getDraft().name}.form`, saver.current)} />
        </OverflowMenu>
        <Button
          size="md"
          renderIcon={Deploy}
          disabled={failure !== undefined}
          onClick={() => (void saver.flush(), setDeploying(saver.current))}
        >
          Deploy
        </Button>
      </EditorHeader>
      {failure && <SourceEditor saver={saver} content={content} reason={failure.message} />}
      <div
        className={`sw-editor__body sw-form-editor bio-theme-parent${failure || view === "preview" ? " sw-gone" : ""}`}
        ref={container}
      />
      {view === "preview" && schema && <FormPreview schema={schema} />}
      {comparing !== undefined && (
        <VersionsDialog
          kind="FORM"
          content={comparing}
          close={() => setComparing(undefined)}
          take={(schema, version) => {
            saver.change(schema);
            reopen(schema, { title: `The draft is version ${version} again.`, action: "Back to the draft", content: comparing });
          }}
        />
      )}
      {deploying !== undefined && <DeployDialog draft={saver.getDraft()} content={deploying} close={() => setDeploying(undefined)} />}
    </div>
  );
}
