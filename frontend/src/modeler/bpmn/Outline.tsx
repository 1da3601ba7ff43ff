import { TreeNode, TreeView } from "@carbon/react";
import { useEffect, useState } from "react";
import { showElement, type Modeler } from "./createModeler";
import { outlineOf, type OutlineNode } from "./outline";

/** The process as a tree: a second way in, for the keyboard and the screen reader. Choosing a line selects its element;
 *  Enter goes there too, so that the next key (A to append, E to name, …) works on it. */
export function Outline({ modeler, changes }: { modeler: Modeler; changes: number }) {
  const [selected, setSelected] = useState<string>();
  const tree = outlineOf(modeler.getDefinitions() as unknown as Parameters<typeof outlineOf>[0]);

  useEffect(() => {
    const follow = ({ newSelection }: { newSelection: { id: string; labelTarget?: { id: string } }[] }) => {
      const first = newSelection[0];
      setSelected(first ? (first.labelTarget ?? first).id : undefined);
    };
    modeler.on("selection.changed", follow as never);
    return () => modeler.off("selection.changed", follow as never);
  }, [modeler]);

  function show(id: string, goThere: boolean) {
    showElement(modeler, id);
    if (goThere) modeler.get("canvas").focus();
  }

  return (
    <nav className="sw-outline" aria-label="Outline" data-changes={changes}>
      <TreeView label="Outline" size="xs" selected={selected ? [selected] : []} active={selected ?? ""}>
        {tree.map((node) => branch(node, show))}
      </TreeView>
    </nav>
  );
}

function branch(node: OutlineNode, show: (id: string, goThere: boolean) => void) {
  return (
    <TreeNode
      key={node.id}
      id={node.id}
      value={node.id}
      isExpanded
      label={
        <span className="sw-outline__line" title={`${node.type}: ${node.name}`}>
          <span>{node.name}</span>
          <span className="sw-quiet">{node.type}</span>
        </span>
      }
      onSelect={(event) => show(node.id, event.type === "keydown")}
    >
      {node.children.length > 0 ? node.children.map((child) => branch(child, show)) : undefined}
    </TreeNode>
  );
}
