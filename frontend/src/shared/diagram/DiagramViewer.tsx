import { Add, FitToScreen, Subtract } from "@carbon/icons-react";
import { IconButton } from "@carbon/react";
import { useEffect, useImperativeHandle, useMemo, useRef, useState, type Ref } from "react";
import { ErrorState, LoadingState } from "../states";
import type { Badge, TakenPath } from "./types";
import { withPicture } from "./layout";
import { createViewer, fit, replaceBadges, replaceHeat, replaceMarkers, reveal, zoomBy, type Viewer } from "./viewer";
import "diagram-js/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import "./diagram.scss";

export interface DiagramHandle {
  fit(): void;
  /** Scrolls to an element, opening the collapsed sub-process that holds it. */
  reveal(elementId: string): void;
}

export interface DiagramViewerProps {
  /** The diagram; one without a picture is laid out. */
  xml: string;
  /** What a screen reader says it is. */
  label?: string;
  badges?: readonly Badge[];
  path?: TakenPath;
  /** Class names by element, beside those of badges and path. */
  markers?: Readonly<Record<string, readonly string[]>>;
  /** Values from 0 (cool) to 1 (hot) by element. */
  heat?: Readonly<Record<string, number>>;
  selected?: string;
  /** An element was clicked, or the empty canvas (undefined). Flows and labels count as no element unless `selectFlows`. */
  onSelect?: (elementId: string | undefined) => void;
  onHover?: (elementId: string | undefined) => void;
  selectFlows?: boolean;
  className?: string;
  ref?: Ref<DiagramHandle>;
}

const EMPTY: never[] = [];

/** A diagram to look at: pan, zoom, badges, the taken path, and a selection that belongs to the caller. */
export default function DiagramViewer({
  xml,
  label = "Diagram",
  badges = EMPTY,
  path,
  markers,
  heat,
  selected,
  onSelect,
  onHover,
  selectFlows = false,
  className = "",
  ref,
}: DiagramViewerProps) {
  const container = useRef<HTMLDivElement>(null);
  const [viewer, setViewer] = useState<Viewer>();
  const [shown, setShown] = useState<string>();
  const [failure, setFailure] = useState<unknown>();
  const callbacks = useRef({ onSelect, onHover, selectFlows });
  useEffect(() => {
    callbacks.current = { onSelect, onHover, selectFlows };
  });

  useEffect(() => {
    const created = createViewer(container.current!);
    let fitted = false;
    const resizing = new ResizeObserver(() => {
      created.get("canvas").resized();
      if (!fitted) fitted = fit(created);
    });
    const bus = created.get("eventBus");
    bus.on("import.done", () => {
      fitted = fit(created);
    });
    bus.on("element.click", ({ element }: ElementEvent) =>
      callbacks.current.onSelect?.(selectable(created, element, callbacks.current.selectFlows)),
    );
    bus.on("element.hover", ({ element }: ElementEvent) =>
      callbacks.current.onHover?.(selectable(created, element, callbacks.current.selectFlows)),
    );
    bus.on("element.out", () => callbacks.current.onHover?.(undefined));
    resizing.observe(container.current!);
    setViewer(created);
    return () => {
      resizing.disconnect();
      created.destroy();
      setViewer(undefined);
      setShown(undefined);
    };
  }, []);

  useEffect(() => {
    if (!viewer) return;
    let current = true;
    withPicture(xml)
      .then((drawn) => (current ? viewer.importXML(drawn) : undefined))
      .then(() => {
        if (!current) return;
        setFailure(undefined);
        setShown(xml);
      })
      .catch((error: unknown) => current && setFailure(error));
    return () => {
      current = false;
    };
  }, [viewer, xml]);

  const ready = viewer && shown === xml;
  const classes = useMemo(() => markersOf(path, markers, selected), [path, markers, selected]);

  useEffect(() => {
    if (!ready) return;
    replaceMarkers(viewer, new Map(), classes);
    return () => {
      // The diagram may have been destroyed or replaced by then; the registry is empty in both cases.
      replaceMarkers(viewer, classes, new Map());
    };
  }, [ready, viewer, classes]);

  useEffect(() => {
    if (ready) replaceBadges(viewer, badges);
  }, [ready, viewer, badges]);

  useEffect(() => {
    if (ready) replaceHeat(viewer, heat ?? {});
  }, [ready, viewer, heat]);

  useImperativeHandle(
    ref,
    () => ({
      fit: () => void (viewer && fit(viewer)),
      reveal: (elementId) => viewer && reveal(viewer, elementId),
    }),
    [viewer],
  );

  return (
    <div className={`sw-diagram ${className}`} role="figure" aria-label={label}>
      <div className="sw-diagram__canvas bio-theme-parent" ref={container} />
      {failure !== undefined && (
        <div className="sw-diagram__cover">
          <ErrorState error={failure} what="diagram" compact />
        </div>
      )}
      {!ready && failure === undefined && (
        <div className="sw-diagram__cover">
          <LoadingState label="Loading the diagram" lines={3} />
        </div>
      )}
      {viewer && (
        <div className="sw-diagram__zoom">
          <IconButton kind="ghost" size="sm" align="left" label="Show all of it" onClick={() => fit(viewer)}>
            <FitToScreen />
          </IconButton>
          <IconButton kind="ghost" size="sm" align="left" label="Zoom in" onClick={() => zoomBy(viewer, 1.25)}>
            <Add />
          </IconButton>
          <IconButton kind="ghost" size="sm" align="left" label="Zoom out" onClick={() => zoomBy(viewer, 0.8)}>
            <Subtract />
          </IconButton>
        </div>
      )}
    </div>
  );
}

interface ElementEvent {
  element: { id: string; labelTarget?: { id: string }; waypoints?: unknown };
}

function selectable(viewer: Viewer, element: ElementEvent["element"], flows: boolean): string | undefined {
  const target = element.labelTarget ?? element;
  if ("waypoints" in target && target.waypoints && !flows) return undefined;
  return target === (viewer.get("canvas").getRootElement() as unknown) ? undefined : target.id;
}

function markersOf(
  path: TakenPath | undefined,
  markers: DiagramViewerProps["markers"],
  selected: string | undefined,
): Map<string, string[]> {
  const all = new Map<string, string[]>();
  const add = (id: string, name: string) => {
    const names = all.get(id);
    if (names) names.push(name);
    else all.set(id, [name]);
  };
  for (const id of path?.elementIds ?? []) add(id, "sw-passed");
  for (const id of path?.flowIds ?? []) add(id, "sw-passed");
  for (const [id, names] of Object.entries(markers ?? {})) for (const name of names) add(id, name);
  if (selected) add(selected, "sw-selected");
  return all;
}
