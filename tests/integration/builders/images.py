"""Looking into images and lakes on the real engine."""

import io
import tarfile


def run(engine, image, *command):
    return engine.containers.run(
        image, entrypoint=command[0], command=list(command[1:]), remove=True, network_mode="none", read_only=True
    ).decode()


def leftovers(engine, lake):
    return engine.containers.list(all=True, filters={"label": f"weles={lake}"})


def search(engine, image, secrets):
    """Files of an image's layers, its configuration among them, that have a secret; how many were looked at."""
    found, looked_at = [], 0
    with tarfile.open(fileobj=io.BytesIO(b"".join(engine.images.get(image).save()))) as saved:
        for outer in saved:
            data = saved.extractfile(outer).read() if outer.isfile() else b""
            if outer.name.endswith("layer.tar"):
                with tarfile.open(fileobj=io.BytesIO(data)) as layer:
                    entries = [(each.name, layer.extractfile(each).read()) for each in layer if each.isreg()]
            else:
                entries = [(outer.name, data)]
            looked_at += len(entries)
            found += [name for name, content in entries if any(each.encode() in content for each in secrets)]
            found += [name for name, _ in entries if any(each in name for each in secrets)]
    return found, looked_at
