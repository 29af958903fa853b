"""What is pinned: manifests, configurations and images agree with each other and with Kubernetes' own schema."""

from __future__ import annotations

import hashlib
import http.server
import os
import re
import threading
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from packetwalk.cni import plugins
from packetwalk.errors import BadInput, LabError
from packetwalk.lab.kind import manifest, pins
from packetwalk.lab.plugins import installation, installations
from packetwalk.lab.plugins.flannel import bridge
from packetwalk.plan.cluster import Cluster
from tests import ROOT
from tests.lab.kind.apiserver.released import released
from tests.lab.kind.conftest import manifests

HERE = ROOT / "packetwalk" / "lab" / "kind"
MODES = [(name, mode) for name, of in installations().items() if of.manifest for mode in of.modes]
SHA256 = re.compile(r"[0-9a-f]{64}")
KUBERNETES = pins.node().image.rsplit(":v", 1)[1]


def _documents(text: str) -> list[dict[str, Any]]:
    found = [each for each in yaml.safe_load_all(text) if each]
    return [item for each in found for item in (each["items"] if each["kind"] == "List" else [each])]


@pytest.fixture
def schema() -> Any:
    """Kubernetes' own schema, from the package kubernetes-validate; where CI runs it must be there."""
    if "CI" in os.environ:
        return import_module("kubernetes_validate")
    return pytest.importorskip("kubernetes_validate")


# --- the pins and the configurations --------------------------------------------------------------


def test_every_file_has_a_digest_and_every_digest_has_its_form() -> None:
    files = [
        file
        for of in installations().values()
        for architecture in ("amd64", "arm64")
        for file in of.files(architecture)
    ]
    assert {of.manifest for of in installations().values()} - {None} <= set(files)
    for file in files:
        assert file.url.startswith("https://") and SHA256.fullmatch(file.sha256), file
        assert not re.search(r"/(latest|master|main)/", file.url), "a release, not a branch"
    images = [
        pins.node(),
        pins.tools(),
        pins.workload(),
        *(image for of in installations().values() for image in of.images),
    ]
    for image in images:
        assert re.search(r":v?\d[\w.-]*$", image.image), f"{image.image}: a version, not latest"
        assert image.digest is None or re.fullmatch(r"sha256:[0-9a-f]{64}", image.digest)


def test_flannels_manifest_is_the_pinned_one() -> None:
    file, text = installation("flannel").manifest, released("flannel")
    assert file and text and hashlib.sha256(text).hexdigest() == file.sha256


@pytest.mark.parametrize("plugin", installations())
def test_kinds_configuration_is_the_books_cluster(plugin: str) -> None:
    config = yaml.safe_load(installation(plugin).configuration())
    assert (config["kind"], config["apiVersion"]) == ("Cluster", "kind.x-k8s.io/v1alpha4")
    book = Cluster()
    assert config["networking"] == {
        "disableDefaultCNI": installation(plugin).manifest is not None,
        "podSubnet": plugins()[plugin].pod_network(book),
        "serviceSubnet": "10.96.0.0/12",
    }
    assert [node["role"] for node in config["nodes"]] == ["control-plane", "worker", "worker"]
    assert [node["labels"]["packetwalk.node"] for node in config["nodes"]] == [n.name for n in book.nodes]
    assert {node["image"] for node in config["nodes"]} == {f"{pins.node().image}@{pins.node().digest}"}
    assert {key for node in config["nodes"] for key in node} == {"role", "image", "labels"}


def test_the_workload_is_the_books_pods_and_services() -> None:
    documents = _documents((HERE / "running" / "workload.yaml").read_text())
    book = Cluster()
    pods = {each["metadata"]["name"]: each["spec"] for each in documents if each["kind"] == "Pod"}
    assert {name: spec["nodeSelector"]["packetwalk.node"] for name, spec in pods.items()} == {
        pod.name: pod.node for pod in book.pods if not pod.name.startswith("coredns")
    }
    assert {each["image"] for spec in pods.values() for each in spec["containers"]} == {pins.workload().image}
    services = {each["metadata"]["name"]: each["spec"] for each in documents if each["kind"] == "Service"}
    for service in book.services:
        if service.name == "kubernetes":
            continue  # the API's own, which a cluster has before anybody asks for one
        spec = services.pop(service.name)
        assert (spec["clusterIP"], spec["selector"]["app"]) == (service.address, service.backends[0])
        assert {(p["protocol"], p["port"], p["targetPort"]) for p in spec["ports"]} == {
            (protocol, service.port, service.target_port) for protocol in ("TCP", "UDP")
        }
    assert not services


def test_the_workload_fits_kubernetes_own_schema(schema: Any) -> None:
    for document in _documents((HERE / "running" / "workload.yaml").read_text()):
        schema.validate(document, KUBERNETES, strict=True)


def test_the_schema_would_find_a_mistake(schema: Any) -> None:
    pod = _documents((HERE / "running" / "workload.yaml").read_text())[0]
    pod["spec"]["nodeSelektor"] = {}
    with pytest.raises(schema.ValidationError):
        schema.validate(pod, KUBERNETES, strict=True)


# --- modes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("plugin", "mode"), MODES)
def test_a_patched_manifest_fits_the_schema_and_changes_only_what_chooses_the_mode(
    plugin: str, mode: str, schema: Any
) -> None:
    before = manifests()[plugin]
    after = manifest.patched(installation(plugin), mode, before, password="x" * 16)
    for document in _documents(after):
        schema.validate(document, KUBERNETES, strict=True)
    same = [each for each in _documents(before) if each["kind"] not in ("ConfigMap", "DaemonSet")]
    kept = [each for each in _documents(after) if each["kind"] not in ("ConfigMap", "DaemonSet", "Secret")]
    assert kept == same
    assert mode in [each.name for each in plugins()[plugin].modes]


def _environment(text: str) -> dict[str, Any]:
    daemonset = next(each for each in _documents(text) if each["kind"] == "DaemonSet")
    container = daemonset["spec"]["template"]["spec"]["containers"][0]
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in container["env"] or []}


@pytest.mark.parametrize(
    ("mode", "ipip", "vxlan", "wireguard"),
    [
        ("ipip", "Always", "Never", None),
        ("ipip-crosssubnet", "CrossSubnet", "Never", None),
        ("vxlan", "Never", "Always", None),
        ("vxlan-crosssubnet", "Never", "CrossSubnet", None),
        ("bgp", "Never", "Never", None),
        ("wireguard", "Always", "Never", "true"),
    ],
)
def test_calicos_modes(mode: str, ipip: str, vxlan: str, wireguard: str | None) -> None:
    found = _environment(manifest.patched(installation("calico"), mode, manifests()["calico"]))
    assert found["CALICO_IPV4POOL_IPIP"] == ipip and found["CALICO_IPV4POOL_VXLAN"] == vxlan
    assert found.get("FELIX_WIREGUARDENABLED") == wireguard
    assert found["CALICO_IPV4POOL_CIDR"] == "10.244.0.0/16"


def test_the_modes_are_the_models_own() -> None:
    for plugin, of in installations().items():
        assert set(of.modes) <= {mode.name for mode in plugins()[plugin].modes}
        assert of.plugin == plugin


def test_weaves_images_are_pinned_and_its_password_is_in_a_secret_only() -> None:
    after = manifest.patched(
        installation("weave"), "sleeve-encrypted", manifests()["weave"], password="0123456789abcdef"
    )
    assert ":latest" not in after and after.count(":2.9.0") == 3
    found = _environment(after)
    assert (
        found["WEAVE_NO_FASTDP"] == "1" and found["WEAVE_PASSWORD"]["secretKeyRef"]["name"] == "weave-passwd"
    )
    secret = _documents(after)[-1]
    assert secret["kind"] == "Secret" and after.count("0123456789abcdef") == 1
    plain = _environment(manifest.patched(installation("weave"), "fastdp", manifests()["weave"]))
    assert "WEAVE_PASSWORD" not in plain and "WEAVE_NO_FASTDP" not in plain
    pinned = {each.image for each in installation("weave").images}
    assert set(re.findall(r"image: (\S+)", after)) == pinned


def test_wrong_names_and_other_manifests_are_one_line() -> None:
    with pytest.raises(BadInput, match=r"calico, flannel, .*weave"):
        installation("nobody")
    with pytest.raises(BadInput, match="host-gw"):
        manifest.patched(installation("flannel"), "nobody", "")
    with pytest.raises(LabError, match="nothing that chooses a mode"):
        manifest.patched(installation("flannel"), "vxlan", "kind: ConfigMap\ndata: {other: x}\n")
    with pytest.raises(BadInput, match="password"):
        manifest.patched(installation("weave"), "fastdp-encrypted", manifests()["weave"], password="short")


def test_faults_have_the_models_names_and_modes() -> None:
    for plugin, of in installations().items():
        assert set(of.faults) <= {each.name for each in plugins()[plugin].faults}


# --- downloads ------------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path]]:
    """A web server on the loopback with a folder, and a cache of our own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "site"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(folder))

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", folder
        server.shutdown()


def test_a_download_is_checked_and_kept(site: tuple[str, Path]) -> None:
    address, folder = site
    (folder / "it.yml").write_bytes(b"kind: List\n")
    file = pins.File(f"{address}/it.yml", hashlib.sha256(b"kind: List\n").hexdigest())
    assert pins.fetch(file) == b"kind: List\n"
    (folder / "it.yml").unlink()
    assert pins.fetch(file) == b"kind: List\n", "the kept copy"


def test_bytes_with_another_digest_are_never_used(site: tuple[str, Path]) -> None:
    address, folder = site
    (folder / "it.yml").write_bytes(b"kind: Evil\n")
    file = pins.File(f"{address}/it.yml", "0" * 64)
    with pytest.raises(LabError, match="not the pinned 0000") as said:
        pins.fetch(file)
    assert "\n" not in str(said.value)
    assert not pins.keep().exists() or not list(pins.keep().iterdir())


def test_a_kept_copy_that_was_changed_is_fetched_anew(site: tuple[str, Path]) -> None:
    address, folder = site
    (folder / "it.yml").write_bytes(b"good")
    file = pins.File(f"{address}/it.yml", hashlib.sha256(b"good").hexdigest())
    pins.fetch(file)
    (pins.keep() / file.name).write_bytes(b"changed")
    assert pins.fetch(file) == b"good"


def test_without_a_network_one_line_says_what_to_do(site: tuple[str, Path]) -> None:
    with pytest.raises(LabError, match=r"without a network: packetwalk kind load"):
        pins.fetch(pins.File(f"{site[0]}/nothing", "0" * 64))
    with pytest.raises(LabError, match="without a network"):
        pins.fetch(pins.File("http://127.0.0.1:1/nothing", "0" * 64))


def test_the_bridge_program_comes_out_of_its_archive(
    site: tuple[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import io
    import tarfile

    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("./bridge")
        member.size = 6
        archive.addfile(member, io.BytesIO(b"\x7fELF.."))
    (site[1] / "cni.tgz").write_bytes(packed.getvalue())
    file = pins.File(f"{site[0]}/cni.tgz", hashlib.sha256(packed.getvalue()).hexdigest())
    monkeypatch.setattr(bridge, "archive", lambda architecture: file)
    program = bridge.extract("amd64")
    assert program.read_bytes() == b"\x7fELF.." and program.stat().st_mode & 0o111
    (site[1] / "cni.tgz").write_bytes(b"no archive")
    monkeypatch.setattr(
        bridge,
        "archive",
        lambda _: pins.File(f"{site[0]}/cni.tgz", hashlib.sha256(b"no archive").hexdigest()),
    )
    with pytest.raises(LabError):
        bridge.extract("amd64")


def test_an_architecture_without_an_archive_is_named() -> None:
    with pytest.raises(BadInput, match="amd64, arm64"):
        bridge.archive("riscv64")
