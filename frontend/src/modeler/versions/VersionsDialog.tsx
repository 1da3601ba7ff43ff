import { Button, ComposedModal, ModalBody, ModalHeader } from "@carbon/react";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";
import { useSearch } from "@/api/queries";
import type { Schemas } from "@/api/contract";
import { DiagramViewer, type DiagramHandle } from "@/shared/diagram";
import { useDefinitionXml } from "@/shared/instance";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { RelativeDate } from "@/shared/time";
import { differencesOf, markersOf, type Difference } from "./differences";
import "./versions.scss";

type Definition = Schemas["ProcessDefinitionResult"];

interface Props {
  processDefinitionId: string | undefined;
  /** The draft as it stands. */
  content: string;
  /** Puts a deployed version in the draft's place. */
  take: (xml: string, version: number) => void;
  close: () => void;
}

/** The deployed versions of the process, who deployed them, and each one's differences from the draft. */
export function VersionsDialog({ processDefinitionId, content, take, close }: Props) {
  const versions = useSearch(
    "process-definitions",
    { filter: { processDefinitionId }, sort: [{ field: "version", order: "DESC" }], page: { limit: 200 } },
    { enabled: processDefinitionId !== undefined },
  );
  const [chosen, setChosen] = useState<string>();
  const items = versions.data?.items ?? [];
  const version = items.find((each) => each.processDefinitionKey === chosen) ?? items[0];

  return (
    <ComposedModal open size="lg" isFullWidth onClose={close} aria-label="Versions" className="sw-versions">
      <ModalHeader title="Versions" label="What was deployed, and how this draft differs from it" />
      <ModalBody tabIndex={-1} data-modal-primary-focus>
        {versions.isPending && processDefinitionId && <LoadingState label="Loading the versions" lines={3} />}
        {versions.isError && <ErrorState error={versions.error} what="process" compact retry={() => void versions.refetch()} />}
        {(items.length === 0 && versions.isSuccess) || !processDefinitionId ? (
          <EmptyState compact title="Nothing was deployed yet">
            As soon as this process is deployed, its versions are listed here, and compared with the draft.
          </EmptyState>
        ) : null}
        {version && (
          <div className="sw-versions__body">
            <ul className="sw-versions__list" aria-label="Deployed versions">
              {items.map((each) => (
                <li key={each.processDefinitionKey}>
                  <button type="button" aria-current={each === version} onClick={() => setChosen(each.processDefinitionKey)}>
                    <strong>Version {each.version}</strong>
                    {each.versionTag && <span>{each.versionTag}</span>}
                    <span className="sw-quiet">
                      <RelativeDate value={each.deployedAt} /> by {each.deployedBy}
                    </span>
                  </button>
                </li>
              ))}
            </ul>
            <Comparison key={version.processDefinitionKey} definition={version} content={content} take={take} />
          </div>
        )}
      </ModalBody>
    </ComposedModal>
  );
}

function Comparison({ definition, content, take }: { definition: Definition; content: string; take: Props["take"] }) {
  const before = useRef<DiagramHandle>(null);
  const after = useRef<DiagramHandle>(null);
  const xml = useDefinitionXml(definition.processDefinitionKey);
  const differences = useQuery({
    queryKey: ["differences", definition.processDefinitionKey, content],
    queryFn: () => differencesOf(xml.data!, content),
    enabled: xml.data !== undefined,
    staleTime: Infinity,
    gcTime: 0,
  });
  const markers = useMemo(() => markersOf(differences.data ?? []), [differences.data]);

  if (xml.isError) return <ErrorState error={xml.error} what="version" compact retry={() => void xml.refetch()} />;
  if (!xml.data) return <LoadingState label="Loading the version" lines={3} />;
  return (
    <div className="sw-versions__comparison">
      <div className="sw-versions__pictures">
        <figure>
          <figcaption>Version {definition.version}</figcaption>
          <DiagramViewer ref={before} xml={xml.data} label={`Version ${definition.version}`} markers={markers} />
        </figure>
        <figure>
          <figcaption>This draft</figcaption>
          <DiagramViewer ref={after} xml={content} label="This draft" markers={markers} />
        </figure>
      </div>
      <div className="sw-versions__differences">
        {differences.isError && <ErrorState error={differences.error} what="comparison" compact />}
        {differences.data?.length === 0 && <p>The draft is the same as this version.</p>}
        <ul>
          {differences.data?.map((difference) => (
            <li key={difference.elementId}>
              <DifferenceLine
                difference={difference}
                show={() => {
                  before.current?.reveal(difference.elementId);
                  after.current?.reveal(difference.elementId);
                }}
              />
            </li>
          ))}
        </ul>
        <Button kind="tertiary" size="sm" disabled={differences.data?.length === 0} onClick={() => take(xml.data, definition.version)}>
          Go back to version {definition.version}
        </Button>
      </div>
    </div>
  );
}

function DifferenceLine({ difference, show }: { difference: Difference; show: () => void }) {
  const { kind, name, type, properties } = difference;
  return (
    <button type="button" className="sw-difference" onClick={show}>
      <span className={`sw-difference__kind sw-difference__kind--${kind}`}>{kind}</span>
      <span>{name}</span>
      <span className="sw-quiet">
        {type}
        {properties.length > 0 && `: ${properties.join(", ")}`}
      </span>
    </button>
  );
}
