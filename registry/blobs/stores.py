"""Which store of contents a lake's settings name."""

from registry.blobs.cache import BlobCache
from registry.blobs.filesystem import FilesystemBlobs
from registry.domain.ports.blobs import Blobs
from registry.settings import Settings


def open_blobs(settings: Settings) -> Blobs:
    """A folder of the home; with `bucket` that. Raises ValueError for an address that is none."""
    if not settings.bucket:
        return FilesystemBlobs(settings.blobs_folder)
    # Half a second that lakes without a bucket need not wait for.
    from registry.blobs import s3

    cache = BlobCache(settings.blob_cache_folder, settings.blob_cache_bytes)
    return s3.S3Blobs(s3.connect(settings.s3_endpoint), settings.bucket, cache)
