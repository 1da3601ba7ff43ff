import { ActionableNotification } from "@carbon/react";
import { lazy, useEffect, useMemo, useState } from "react";
import { useParams } from "react-router";
import { ErrorState, LoadingState } from "@/shared/states";
import { fetchDraft, saveDraft, useDraft, type Draft } from "../library/drafts";
import { browserCopies } from "./localCopies";
import { Reopening, type WayBack } from "./reopening";
import { DraftSaver } from "./saver";
import "./DraftPage.scss";

const EDITORS = {
  BPMN: lazy(() => import("../bpmn/OpenDiagram")),
  DMN: lazy(() => import("../dmn/DmnPage")),
  FORM: lazy(() => import("../form/FormPage")),
};

export default function DraftPage() {
  const { draftKey = "" } = useParams();
  const draft = useDraft(draftKey);
  if (draft.isPending) return <LoadingState label="Loading the draft" />;
  if (draft.isError) return <ErrorState error={draft.error} what="draft" backTo="/modeler" retry={() => void draft.refetch()} />;
  return <OpenDraft key={draftKey} draft={draft.data} />;
}

const server = { put: saveDraft, get: fetchDraft };

function OpenDraft({ draft }: { draft: Draft }) {
  const saver = useMemo(() => DraftSaver.open({ draft, server, copies: browserCopies }), [draft]);
  const [content, setContent] = useState({ text: saver.current, version: 0 });
  const [wayBack, setWayBack] = useState<WayBack>();

  function reopen(text: string, back?: WayBack) {
    setContent(({ version }) => ({ text, version: version + 1 }));
    setWayBack(back);
  }

  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => {
      if (saver.getState().kind !== "saved") event.preventDefault();
    };
    window.addEventListener("beforeunload", warn);
    return () => {
      window.removeEventListener("beforeunload", warn);
      void saver.flush();
    };
  }, [saver]);

  const Editor = EDITORS[draft.kind];
  return (
    <Reopening.Provider value={reopen}>
      {wayBack && (
        <ActionableNotification
          className="sw-way-back"
          kind="success"
          lowContrast
          inline
          title={wayBack.title}
          actionButtonLabel={wayBack.action}
          onActionButtonClick={() => {
            saver.change(wayBack.content);
            reopen(wayBack.content);
          }}
          onClose={() => setWayBack(undefined)}
        />
      )}
      <Editor key={content.version} saver={saver} content={content.text} />
    </Reopening.Provider>
  );
}
