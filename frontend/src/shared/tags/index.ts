export { StatusIcon, StatusTag } from "./StatusTag";
export { STATUS_WORDS, statusOf, type Status } from "./status";
