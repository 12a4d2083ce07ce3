"""Models by name: files of Hugging Face hub repositories.

They are downloaded once and then found on this machine. The usual settings of the hub apply, since `huggingface_hub`
does the work: HF_HOME and the cache in it, HF_TOKEN or a stored login, HF_ENDPOINT, HF_HUB_OFFLINE, resumed downloads.
Only requested files are downloaded.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from model_files.errors import ModelError, first_line

_PART = r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}"
_HUB_ID = re.compile(rf"(?P<repo>{_PART}/{_PART})(?:@(?P<revision>[A-Za-z0-9][\w./-]{{0,199}}))?")


@dataclass(frozen=True, slots=True)
class HubId:
    """Hub id: OWNER/NAME or OWNER/NAME@REVISION.

    The revision is a branch, tag or commit, by default the main branch.
    """

    repo: str
    revision: str | None = None

    def __str__(self) -> str:
        return self.repo + (f"@{self.revision}" if self.revision else "")


def parse_hub_id(text: str) -> HubId | None:
    """Parse a hub id; return None for anything else.

    Anything else can only be a path.
    """
    match = _HUB_ID.fullmatch(text)
    return HubId(match["repo"], match["revision"]) if match else None


def find_folder(text: str) -> Path | None:
    """Return the folder that a text names, or None.

    If there is none, the text may be a hub id.
    """
    try:
        folder = Path(text).expanduser()
        return folder if folder.is_dir() else None
    except (OSError, RuntimeError, ValueError):  # no such drive, no such home, a null character
        return None


def check_source(option: str, text: str) -> None:
    """Raise ModelError for a text that is neither folder nor hub id.

    This needs no network and imports nothing heavy.
    """
    if find_folder(text) is None and parse_hub_id(text) is None:
        raise ModelError(f"{option} must be a folder or a hub id (OWNER/NAME), and there is no folder {text}.")


def local_folder(option: str, text: str, files: Sequence[str], needed: str, repo_type: str = "model") -> Path:
    """Return the folder with the files of a model.

    It is the folder that `text` names, or the copy of a hub repository.

    Args:
        option: Name of the option as the user typed it, such as model_path=OWNER/NAME.
        files: Names to download if the repository has them; `*` matches any text.
        needed: Description of the files that a user without a connection must provide.
        repo_type: "model", or "dataset" for the files of one.

    Raises:
        ModelError: There is no such folder, and the repository cannot be downloaded.
    """
    check_source(option, text)
    folder = find_folder(text)
    if folder is not None:
        return folder
    hub_id = parse_hub_id(text)
    assert hub_id is not None, "check_source lets nothing else through"
    return _download(option, hub_id, files, needed, repo_type)


def _download(option: str, hub_id: HubId, files: Sequence[str], needed: str, repo_type: str) -> Path:
    import huggingface_hub
    from huggingface_hub import errors

    section = "datasets/" if repo_type == "dataset" else ""
    address = f"{huggingface_hub.constants.ENDPOINT}/{section}{hub_id.repo}"
    no_folder = f"there is no folder {hub_id.repo} either"
    try:
        folder = huggingface_hub.snapshot_download(
            hub_id.repo,
            repo_type=repo_type,
            revision=hub_id.revision,
            allow_patterns=list(files),
            library_name="osu-mapper",
        )
    except errors.GatedRepoError as error:
        raise ModelError(
            f"{option}={hub_id} is a gated repository. Request access at {address}, then run `hf auth "
            "login` or set HF_TOKEN."
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise ModelError(
            f"There is no {hub_id.repo} at {address}, or it is private and HF_TOKEN does not open it; "
            f"{no_folder} ({option})."
        ) from error
    except errors.RevisionNotFoundError as error:
        raise ModelError(f"{option}={hub_id} has no branch, tag or commit {hub_id.revision}.") from error
    except errors.LocalEntryNotFoundError as error:
        raise ModelError(_unreachable(option, hub_id, needed, address)) from error
    except Exception as error:  # proxies, a full disk, a server in trouble: each library below has its own errors
        raise ModelError(
            f"{option}={hub_id} cannot be downloaded from {address} ({first_line(error)}); files that "
            f"you have can be given as {option}=FOLDER."
        ) from error
    return Path(folder)


def _unreachable(option: str, hub_id: HubId, needed: str, address: str) -> str:
    import huggingface_hub

    constants = huggingface_hub.constants
    why = "HF_HUB_OFFLINE is set" if constants.HF_HUB_OFFLINE else "the hub cannot be reached"
    return (
        f"{option}={hub_id} is not complete on this machine ({constants.HF_HUB_CACHE}) and {why}: {needed} would be "
        f"downloaded from {address}; put them into a folder and give it as {option}=FOLDER."
    )
