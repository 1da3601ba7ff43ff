import { FolderAdd, Upload } from "@carbon/icons-react";
import { Breadcrumb, BreadcrumbItem, Button, Dropdown, InlineNotification, MenuButton, MenuItem, Search } from "@carbon/react";
import { useMemo, useRef, useState, type DragEvent } from "react";
import { useNavigate } from "react-router";
import { reasonOf } from "@/api/problems";
import { useAddress } from "@/shared/address";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { DraftTable } from "./DraftTable";
import { KIND_NAMES, useLibrary, useLibraryChanges, type DraftKind, type DraftSummary } from "./drafts";
import { allFolders, draftsIn, foldersIn, wayTo } from "./folders";
import { readFiles } from "./importing";
import { KindIcon } from "./KindIcon";
import { MoveDialog } from "./MoveDialog";
import { DeleteDialog, NameDialog } from "./NameDialogs";
import "@/shared/tags/tags.scss";
import "./library.scss";

type Dialog =
  { kind: "new"; draftKind: DraftKind } | { kind: "rename" | "move" | "delete"; draft: DraftSummary } | { kind: "folder" } | undefined;

const KINDS: { id: DraftKind | ""; text: string }[] = [
  { id: "", text: "All kinds" },
  { id: "BPMN", text: "Diagrams" },
  { id: "FORM", text: "Forms" },
  { id: "DMN", text: "Decisions" },
];

/** The library of drafts. The address holds folder, search and kind. */
export function Library() {
  const navigate = useNavigate();
  const [params, look] = useAddress();
  const library = useLibrary();
  const changes = useLibraryChanges();
  const [dialog, setDialog] = useState<Dialog>();
  const [notice, setNotice] = useState<string>();
  const [dragging, setDragging] = useState(false);
  const fileInput = useRef<HTMLInputElement>(null);

  const folder = params.get("folder") ?? "";
  const text = params.get("q") ?? "";
  const kind = KINDS.find((each) => each.id === params.get("kind"))?.id ?? "";
  const drafts = library.data?.items;
  const shown = useMemo(() => draftsIn(drafts ?? [], { folder, text, kind }), [drafts, folder, text, kind]);
  const folders = useMemo(() => (text ? [] : foldersIn(drafts ?? [], folder)), [drafts, folder, text]);

  async function importFiles(files: Iterable<File>) {
    const { drafts: found, refused } = await readFiles(files, folder);
    const failures = [...refused];
    let last: string | undefined;
    for (const each of found) {
      try {
        last = (await changes.create.mutateAsync(each)).draftKey;
      } catch (error) {
        failures.push(`${each.name}: ${reasonOf(error)}`);
      }
    }
    setNotice(failures.length > 0 ? failures.join(" ") : undefined);
    if (found.length === 1 && last) void navigate(`/modeler/drafts/${last}`);
  }

  function drop(event: DragEvent) {
    event.preventDefault();
    setDragging(false);
    void importFiles(event.dataTransfer.files);
  }

  const createButtons = (["BPMN", "FORM", "DMN"] as const).map((each) => (
    <Button
      key={each}
      kind={each === "BPMN" ? "primary" : "tertiary"}
      size="md"
      onClick={() => setDialog({ kind: "new", draftKind: each })}
    >
      New {KIND_NAMES[each].toLowerCase()}
    </Button>
  ));

  return (
    <div
      className={`sw-library${dragging ? " sw-library--dragging" : ""}`}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        setDragging(true);
      }}
      onDragLeave={(event) => event.currentTarget === event.target && setDragging(false)}
      onDrop={drop}
    >
      <header className="sw-library__header">
        <Breadcrumb noTrailingSlash aria-label="Folder">
          {[{ path: "", name: "Library" }, ...wayTo(folder)].map((step) => (
            <BreadcrumbItem key={step.path} isCurrentPage={step.path === folder}>
              <button type="button" className="sw-link" onClick={() => look({ folder: step.path, q: "" })}>
                {step.name}
              </button>
            </BreadcrumbItem>
          ))}
        </Breadcrumb>
        <h1>{wayTo(folder).at(-1)?.name ?? "Modeler"}</h1>
        <div className="sw-library__tools">
          <Search
            size="md"
            labelText="Search the library"
            placeholder="Search by name or folder"
            value={text}
            onChange={(event) => look({ q: event.target.value }, { replace: true })}
          />
          <Dropdown
            id="kind"
            size="md"
            titleText="Kind"
            hideLabel
            label="Kind"
            items={KINDS}
            itemToString={(item) => item?.text ?? ""}
            selectedItem={KINDS.find((each) => each.id === kind) ?? KINDS[0]}
            onChange={({ selectedItem }) => look({ kind: selectedItem?.id })}
          />
          <Button kind="ghost" size="md" renderIcon={FolderAdd} onClick={() => setDialog({ kind: "folder" })}>
            Folder
          </Button>
          <Button kind="ghost" size="md" renderIcon={Upload} onClick={() => fileInput.current?.click()}>
            Import
          </Button>
          <MenuButton label="New" size="md" menuAlignment="bottom-end">
            {(["BPMN", "FORM", "DMN"] as const).map((each) => (
              <MenuItem
                key={each}
                label={KIND_NAMES[each]}
                renderIcon={() => <KindIcon kind={each} />}
                onClick={() => setDialog({ kind: "new", draftKind: each })}
              />
            ))}
          </MenuButton>
          <input
            ref={fileInput}
            type="file"
            hidden
            multiple
            accept=".bpmn,.dmn,.form,.xml,.json"
            aria-label="Files to import"
            onChange={(event) => {
              void importFiles([...(event.target.files ?? [])]);
              event.target.value = "";
            }}
          />
        </div>
      </header>

      {notice && (
        <InlineNotification
          kind="error"
          lowContrast
          title="Not everything could be imported."
          subtitle={notice}
          onClose={() => setNotice(undefined)}
        />
      )}
      {library.isPending && <LoadingState label="Loading the library" />}
      {library.isError && !drafts && <ErrorState error={library.error} what="library" retry={() => void library.refetch()} />}
      {drafts?.length === 0 && (
        <EmptyState
          icon={<KindIcon kind="BPMN" />}
          title="Draw your first process"
          action={<div className="sw-buttons">{createButtons}</div>}
        >
          Diagrams, forms and decisions are kept here, and saved while you draw. Or drop .bpmn, .dmn and .form files onto this page.
        </EmptyState>
      )}
      {drafts && drafts.length > 0 && shown.length + folders.length === 0 && (
        <EmptyState
          title={text ? `Nothing fits “${text}”` : "This folder is empty"}
          action={
            text || kind ? (
              <Button kind="tertiary" size="md" onClick={() => look({ q: "", kind: "" })}>
                Show all
              </Button>
            ) : (
              <div className="sw-buttons">{createButtons}</div>
            )
          }
        >
          {text ? "The search looks at names and folders." : "What you create or import now is put here. An empty folder is not kept."}
        </EmptyState>
      )}
      {shown.length + folders.length > 0 && (
        <DraftTable
          folders={folders}
          drafts={shown}
          showFolder={text !== ""}
          openFolder={(path) => look({ folder: path, q: "" })}
          ask={(action, draft) => setDialog({ kind: action, draft })}
          duplicate={(draft) => void changes.create.mutateAsync(draft).catch((error: unknown) => setNotice(reasonOf(error)))}
        />
      )}

      {dialog?.kind === "new" && (
        <NameDialog
          title={`New ${KIND_NAMES[dialog.draftKind].toLowerCase()}`}
          action="Create"
          label="Name"
          close={() => setDialog(undefined)}
          submit={async (name) => {
            const { freshContent } = await import("../drafts/fresh");
            const draft = await changes.create.mutateAsync({
              name,
              kind: dialog.draftKind,
              folder,
              content: freshContent(dialog.draftKind, name),
            });
            void navigate(`/modeler/drafts/${draft.draftKey}`);
          }}
        />
      )}
      {dialog?.kind === "folder" && (
        <NameDialog
          title="New folder"
          action="Create"
          label="Name"
          helper="A folder is kept as soon as something is in it. A slash makes folders within folders."
          close={() => setDialog(undefined)}
          submit={async (name) => look({ folder: [folder, name].filter(Boolean).join("/"), q: "" })}
        />
      )}
      {dialog?.kind === "rename" && (
        <NameDialog
          title={`Rename ${KIND_NAMES[dialog.draft.kind].toLowerCase()}`}
          action="Rename"
          label="Name"
          value={dialog.draft.name}
          close={() => setDialog(undefined)}
          submit={(name) => changes.change.mutateAsync({ draft: dialog.draft, name })}
        />
      )}
      {dialog?.kind === "move" && (
        <MoveDialog
          draft={dialog.draft}
          folders={allFolders(drafts ?? [])}
          close={() => setDialog(undefined)}
          submit={(path) => changes.change.mutateAsync({ draft: dialog.draft, folder: path })}
        />
      )}
      {dialog?.kind === "delete" && (
        <DeleteDialog draft={dialog.draft} close={() => setDialog(undefined)} submit={() => changes.remove.mutateAsync(dialog.draft)} />
      )}
    </div>
  );
}
