"""kr8s against the cluster of $KUBECONFIG: its own objects, waits, logs and watches."""

import asyncio

import kr8s
from kr8s.asyncio.objects import ConfigMap, Deployment, Pod


async def settings():
    """An object from creation to deletion."""
    note = await ConfigMap({"metadata": {"name": "note", "labels": {"of": "kr8s"}}, "data": {"k": "1"}})
    await note.create()
    assert await note.exists()
    await note.patch({"data": {"l": "2"}})
    assert note.data == {"k": "1", "l": "2"}, note.data
    await note.label(seen="yes")
    await note.annotate(note="hello")
    again = await ConfigMap.get("note")
    assert again.labels == {"of": "kr8s", "seen": "yes"} and again.annotations["note"] == "hello"
    listed = [it.name async for it in kr8s.asyncio.get("configmaps", label_selector={"of": "kr8s"})]
    assert listed == ["note"], listed
    await note.delete()
    await note.wait("delete", timeout=20)
    try:
        await ConfigMap.get("note", timeout=1)
        raise AssertionError("it is still there")
    except kr8s.NotFoundError:
        pass


async def workloads():
    """A Deployment that is scaled, its Pods, logs and commands in them."""
    labels = {"app": "web"}
    container = {"name": "web", "image": "nginx:1.27"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    deployment = await Deployment({"metadata": {"name": "web"}, "spec": spec})
    await deployment.create()
    await deployment.wait("condition=Available", timeout=20)
    await deployment.scale(2)
    async with asyncio.timeout(20):
        while len(await deployment.pods()) != 2:
            await asyncio.sleep(0.1)
    talk = {"name": "c", "image": "busybox", "command": ["sh", "-c", "echo one; echo two; sleep 600"]}
    pod = await Pod({"metadata": {"name": "talk"}, "spec": {"containers": [talk]}})
    await pod.create()
    await pod.wait("condition=Ready", timeout=20)
    lines = [line async for line in pod.logs(tail_lines=1)]
    assert lines == ["two"], lines
    said = await pod.exec(["echo", "hello"])
    assert said.stdout == b"hello\n", said
    await pod.delete(grace_period=0)
    await deployment.delete()


async def watches(api):
    """A watch tells of what is there and of what comes."""
    seen = []

    async def follow():
        async for event, object in api.watch("configmaps", namespace="default", label_selector="of=watch"):
            seen.append(event)
            if event == "DELETED":
                return

    follower = asyncio.create_task(follow())
    await asyncio.sleep(0.5)
    note = await ConfigMap({"metadata": {"name": "watched", "labels": {"of": "watch"}}})
    await note.create()
    await note.patch({"data": {"k": "1"}})
    await note.delete()
    await asyncio.wait_for(follower, 20)
    assert seen == ["ADDED", "MODIFIED", "DELETED"], seen


async def main():
    api = await kr8s.asyncio.api()
    version = await api.version()
    assert version["minor"] == "36", version
    identity = await api.whoami()
    assert identity == "kubernetes-admin", identity
    kinds = {it["kind"] async for it in _resources(api)}
    assert {"Pod", "Deployment", "Lease"} <= kinds
    await settings()
    await workloads()
    await watches(api)


async def _resources(api):
    for it in await api.api_resources():
        yield it


asyncio.run(main())
