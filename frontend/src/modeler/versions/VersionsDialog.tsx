import { Button, ComposedModal, ModalBody, ModalHeader } from "@carbon/react";
import { useMemo, useRef, useState } from "react";
import { DiagramViewer, type DiagramHandle } from "@/shared/diagram";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { RelativeDate } from "@/shared/time";
import type { DraftKind } from "../library/drafts";
import { apart, KIND_WORDS, kindOf, markersOf, type Difference } from "./differences";
import { declaredId, useDifferences, useVersionContent, useVersions, type Version } from "./versions";
import "./versions.scss";

interface Props {
  kind: DraftKind;
  /** The draft as it stands. */
  content: string;
  /** Puts a deployed version in the draft's place. */
  take: (content: string, version: number) => void;
  close: () => void;
}

const WHAT: Record<DraftKind, string> = { BPMN: "process", DMN: "file of decisions", FORM: "form" };

/** The deployed versions, and what the draft does differently from each: in sentences, and for a process on both pictures. */
export function VersionsDialog({ kind, content, take, close }: Props) {
  const versions = useVersions(
    kind,
    useMemo(() => declaredId(kind, content), [kind, content]),
  );
  const [chosen, setChosen] = useState<string>();
  const version = versions.items.find((each) => each.key === chosen) ?? versions.items[0];

  return (
    <ComposedModal open size="lg" isFullWidth onClose={close} aria-label="Versions" className="sw-versions">
      <ModalHeader title="Versions" label="What was deployed, and how this draft differs from it" />
      <ModalBody tabIndex={-1} data-modal-primary-focus>
        {versions.isPending && <LoadingState label="Loading the versions" lines={3} />}
        {versions.error && <ErrorState error={versions.error} what={WHAT[kind]} compact retry={versions.refetch} />}
        {versions.isSuccess && versions.items.length === 0 && (
          <EmptyState compact title="Nothing was deployed yet">
            As soon as this {WHAT[kind]} is deployed, its versions are listed here, and compared with the draft.
          </EmptyState>
        )}
        {version && (
          <div className="sw-versions__body">
            <ul className="sw-versions__list" aria-label="Deployed versions">
              {versions.items.map((each) => (
                <li key={each.key}>
                  <button type="button" aria-current={each === version} onClick={() => setChosen(each.key)}>
                    <strong>Version {each.version}</strong>
                    {each.versionTag && <span>{each.versionTag}</span>}
                    {each.deployed && (
                      <span className="sw-quiet">
                        <RelativeDate value={each.deployed.at} /> by {each.deployed.by}
                      </span>
                    )}
                  </button>
                </li>
              ))}
            </ul>
            <Comparison key={version.key} kind={kind} version={version} content={content} take={take} />
          </div>
        )}
      </ModalBody>
    </ComposedModal>
  );
}

interface ComparisonProps {
  kind: DraftKind;
  version: Version;
  content: string;
  take: Props["take"];
}

function Comparison({ kind, version, content, take }: ComparisonProps) {
  const before = useRef<DiagramHandle>(null);
  const after = useRef<DiagramHandle>(null);
  const [selected, setSelected] = useState<string>();
  const old = useVersionContent(version.key);
  const differences = useDifferences(kind, version.key, content);
  const markers = useMemo(() => markersOf(differences.data ?? []), [differences.data]);

  function show(elementId: string) {
    setSelected(elementId);
    before.current?.reveal(elementId);
    after.current?.reveal(elementId);
  }

  if (old.isError) return <ErrorState error={old.error} what="version" compact retry={() => void old.refetch()} />;
  if (old.data === undefined) return <LoadingState label="Loading the version" lines={3} />;
  const name = `Version ${version.version}`;
  const picture = { markers, selected, onSelect: setSelected };
  return (
    <div className="sw-versions__comparison">
      {kind === "BPMN" && (
        <div className="sw-versions__pictures">
          <figure>
            <figcaption>{name}</figcaption>
            <DiagramViewer ref={before} xml={old.data} label={name} {...picture} />
          </figure>
          <figure>
            <figcaption>This draft</figcaption>
            <DiagramViewer ref={after} xml={content} label="This draft" {...picture} />
          </figure>
        </div>
      )}
      <div className="sw-versions__differences">
        {differences.isPending && <LoadingState label="Comparing" lines={2} />}
        {differences.isError && <ErrorState error={differences.error} what="comparison" compact retry={() => void differences.refetch()} />}
        {differences.data && <Differences found={differences.data} selected={selected} show={kind === "BPMN" ? show : undefined} />}
        <Button kind="tertiary" size="sm" disabled={differences.data?.length === 0} onClick={() => take(old.data, version.version)}>
          Go back to version {version.version}
        </Button>
      </div>
    </div>
  );
}

interface DifferencesProps {
  found: readonly Difference[];
  selected: string | undefined;
  /** Selects the element in the pictures, where there are any. */
  show?: (elementId: string) => void;
}

function Differences({ found, selected, show }: DifferencesProps) {
  const { meaning, layout } = apart(found);
  if (found.length === 0) return <p>The draft is the same as this version.</p>;
  return (
    <>
      {meaning.length === 0 && <p>The draft does the same as this version.</p>}
      {meaning.length > 0 && <Sentences label="Differences" found={meaning} selected={selected} show={show} />}
      {layout.length > 0 && (
        <>
          <h3>Only how it looks</h3>
          <Sentences label="Differences of the picture" found={layout} selected={selected} show={show} />
        </>
      )}
    </>
  );
}

function Sentences({ label, found, selected, show }: DifferencesProps & { label: string }) {
  return (
    <ul aria-label={label}>
      {found.map((difference) => {
        const key = `${difference.elementId} ${difference.kind} ${difference.property} ${difference.sentence}`;
        const line = (
          <>
            <span className={`sw-difference__kind sw-difference__kind--${kindOf(difference)}`}>{KIND_WORDS[kindOf(difference)]}</span>
            <span>{difference.sentence}</span>
          </>
        );
        if (!show) {
          return (
            <li key={key} className="sw-difference">
              {line}
            </li>
          );
        }
        return (
          <li key={key}>
            <button
              type="button"
              className="sw-difference sw-difference--shown"
              aria-pressed={difference.elementId === selected}
              onClick={() => show(difference.elementId)}
            >
              {line}
            </button>
          </li>
        );
      })}
    </ul>
  );
}
