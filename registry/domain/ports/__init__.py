"""What the lake needs from outside, as protocols: services know these, and adapters fulfil them.

    blobs                           registry.blobs
    images                          builders.docker_builder
    runner                          registry.runners.docker, registry.runners.kubernetes
    desk                            registry.runners.desk; in the web process registry.runners.desk_client
    doctor                          registry.services.examination; in the web process registry.runners.desk_client
    models, jobs and all others     the module of that name in registry.db

Every method may raise the lake's errors of `registry.domain.errors`; what else is raised is written at the method.
"""
