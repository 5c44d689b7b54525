"""Lists the plugins, in the order in which they depend on each other; holds nothing else."""

pytest_plugins = (
    "fixtures.layers",
    "fixtures.options",
    "fixtures.lifeline",
    "fixtures.hypothesis_profiles",
    "fixtures.evidence",
    "fixtures.recorder",
    "fixtures.coverage",
    "fixtures.services.plugin",
    "fixtures.database",
    "fixtures.redis_namespaces",
    "fixtures.application",
    "fixtures.builders",
    "fixtures.live",
    "fixtures.browser",
    "pytester",
)
