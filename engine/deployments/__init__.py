"""These commands deploy files, and keep the drafts that they come from."""

from engine.definitions.files import ResourceFile
from engine.deployments.deploying import Deployed, delete_process, deploy, validate

__all__ = ["Deployed", "ResourceFile", "delete_process", "deploy", "validate"]
