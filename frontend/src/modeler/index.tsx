export default function Modeler() {
  return <h1>Modeler</h1>;
}
