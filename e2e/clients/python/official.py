"""The official Python client against the cluster of $KUBECONFIG: what a controller or a script does with it."""

import json
import threading
import time

from kubernetes import client, config, dynamic, utils, watch
from kubernetes.client.rest import ApiException
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock.leaselock import LeaseLock
from kubernetes.stream import stream

WAIT_SECONDS_MAX = 20
LABELS = {"app": "web"}
CONTAINER = {"name": "web", "image": "nginx:1.27", "ports": [{"containerPort": 80}]}
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": LABELS},
        "template": {"metadata": {"labels": LABELS}, "spec": {"containers": [CONTAINER]}},
    },
}


def refused(code, call, *arguments, **options):
    """The refusal of a call that must be refused with `code`."""
    try:
        call(*arguments, **options)
    except ApiException as error:
        assert error.status == code, f"{error.status} instead of {code}: {error.body}"
        return error
    raise AssertionError(f"{call.__name__} was not refused")


def until(holds, what):
    """Waits until `holds()` is true."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not (found := holds()):
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.05)
    return found


def config_maps(core):
    """Every verb on one kind, typed."""
    made = core.create_namespaced_config_map("default", client.V1ConfigMap(metadata={"name": "a"}, data={"k": "1"}))
    assert made.metadata.uid and made.metadata.creation_timestamp.tzinfo
    assert refused(409, core.create_namespaced_config_map, "default", {"metadata": {"name": "a"}}).reason == "Conflict"
    made.data = {"k": "2"}
    changed = core.replace_namespaced_config_map("a", "default", made)
    refused(409, core.replace_namespaced_config_map, "a", "default", made)
    patched = core.patch_namespaced_config_map("a", "default", {"data": {"l": "3"}})
    assert patched.data == {"k": "2", "l": "3"}
    assert int(patched.metadata.resource_version) > int(changed.metadata.resource_version)
    patched = core.patch_namespaced_config_map("a", "default", [{"op": "remove", "path": "/data/k"}])
    assert patched.data == {"l": "3"}
    refused(422, core.create_namespaced_config_map, "default", {"metadata": {"name": "Not A Name"}})
    dry = core.create_namespaced_config_map("default", {"metadata": {"name": "dry"}}, dry_run="All")
    assert dry.metadata.name == "dry"
    refused(404, core.read_namespaced_config_map, "dry", "default")
    gone = core.delete_namespaced_config_map("a", "default", _preload_content=False)
    assert json.loads(gone.data)["status"] == "Success"
    refused(404, core.read_namespaced_config_map, "a", "default")


def pages(core):
    """A list in pages, and a selector."""
    for index in range(5):
        labels = {"half": "first" if index < 2 else "second"}
        core.create_namespaced_config_map("default", {"metadata": {"name": f"page-{index}", "labels": labels}})
    first = core.list_namespaced_config_map("default", limit=2)
    rest = core.list_namespaced_config_map("default", limit=100, _continue=first.metadata._continue)
    names = [it.metadata.name for it in first.items + rest.items]
    assert names == sorted(names) and len(set(names)) == len(names) >= 5, names
    chosen = core.list_namespaced_config_map("default", label_selector="half=first")
    assert [it.metadata.name for it in chosen.items] == ["page-0", "page-1"]
    core.delete_collection_namespaced_config_map("default", label_selector="half")
    assert not core.list_namespaced_config_map("default", label_selector="half").items


def watches(core):
    """A watch from a list on tells every change once, in order; an old revision is gone."""
    start = core.list_namespaced_config_map("default").metadata.resource_version

    def write():
        core.create_namespaced_config_map("default", {"metadata": {"name": "seen"}})
        core.patch_namespaced_config_map("seen", "default", {"data": {"k": "1"}})
        core.delete_namespaced_config_map("seen", "default")

    writer = threading.Thread(target=write)
    writer.start()
    events = watch.Watch().stream(
        core.list_namespaced_config_map, "default", resource_version=start, timeout_seconds=WAIT_SECONDS_MAX,
        field_selector="metadata.name=seen",
    )
    kinds = []
    for event in events:
        kinds.append(event["type"])
        if event["type"] == "DELETED":
            break
    writer.join()
    assert kinds == ["ADDED", "MODIFIED", "DELETED"], kinds


def workloads(api, core):
    """A Deployment from a document to logs."""
    utils.create_from_dict(api, DEPLOYMENT)
    apps = client.AppsV1Api(api)
    until(lambda: apps.read_namespaced_deployment_status("web", "default").status.ready_replicas == 2, "two are ready")
    pods = core.list_namespaced_pod("default", label_selector="app=web").items
    assert {pod.status.phase for pod in pods} == {"Running"}
    scale = apps.patch_namespaced_deployment_scale("web", "default", {"spec": {"replicas": 1}})
    assert scale.spec.replicas == 1
    until(lambda: apps.read_namespaced_deployment("web", "default").status.ready_replicas == 1, "one is ready")
    core.create_namespaced_pod("default", {
        "metadata": {"name": "talk"},
        "spec": {"containers": [{"name": "c", "image": "busybox", "command": ["sh", "-c", "echo one; sleep 600"]}]},
    })
    until(lambda: core.read_namespaced_pod("talk", "default").status.phase == "Running", "talk runs")
    until(lambda: "one" in core.read_namespaced_pod_log("talk", "default"), "talk talks")
    said = stream(core.connect_get_namespaced_pod_exec, "talk", "default", command=["echo", "hello"], stdout=True,
                  stderr=True, stdin=False, tty=False)
    assert said == "hello\n", repr(said)
    core.delete_namespaced_pod("talk", "default", grace_period_seconds=0)
    apps.delete_namespaced_deployment("web", "default", propagation_policy="Foreground")
    until(lambda: not core.list_namespaced_pod("default", label_selector="app=web").items, "the pods are gone")


def discovered(api):
    """The dynamic client finds kinds by itself and applies on the server's side."""
    maps = dynamic.DynamicClient(api).resources.get(api_version="v1", kind="ConfigMap")
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shared"}, "data": {"a": "1"}}
    maps.server_side_apply(body=body, namespace="default", field_manager="ship")
    body["data"]["a"] = "2"
    try:
        maps.server_side_apply(body=body, namespace="default", field_manager="crew")
        raise AssertionError("there is no conflict")
    except dynamic.exceptions.ConflictError as error:
        assert 'conflict with \\"ship\\"' in str(error.body), error.body
    forced = maps.server_side_apply(body=body, namespace="default", field_manager="crew", force_conflicts=True)
    assert forced.data.a == "2"
    maps.delete(name="shared", namespace="default")


def leads():
    """Of two candidates one leads."""
    leaders = []
    for name in ("anna", "bert"):
        settings = electionconfig.Config(
            LeaseLock("boss", "default", name), lease_duration=17, renew_deadline=15, retry_period=1,
            onstarted_leading=lambda name=name: leaders.append(name), onstopped_leading=lambda: None,
        )
        threading.Thread(target=leaderelection.LeaderElection(settings).run, daemon=True).start()
    until(lambda: leaders, "somebody leads")
    time.sleep(1.5)  # the other one has tried again by then
    assert len(leaders) == 1, leaders
    lease = client.CoordinationV1Api().read_namespaced_lease("boss", "default")
    assert leaders[0] in lease.spec.holder_identity, lease.spec


def reviews():
    """May I?"""
    question = client.V1SelfSubjectAccessReview(
        spec=client.V1SelfSubjectAccessReviewSpec(resource_attributes={"verb": "delete", "resource": "nodes"})
    )
    assert client.AuthorizationV1Api().create_self_subject_access_review(question).status.allowed


def main():
    config.load_kube_config()
    api = client.ApiClient()
    core = client.CoreV1Api(api)
    assert client.VersionApi().get_code().minor == "36"
    assert [it.metadata.name for it in core.list_node().items] == ["node-1", "node-2", "node-3"]
    config_maps(core)
    pages(core)
    watches(core)
    workloads(api, core)
    discovered(api)
    leads()
    reviews()


main()
