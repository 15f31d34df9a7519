"""Of what an engine tells: the sizes of layers, and what of the build cache goes with an image."""

from builders.docker_images import doomed, layer_sizes


def steps(*sizes_and_texts):
    return [{"Size": size, "CreatedBy": text} for size, text in reversed(sizes_and_texts)]


def test_steps_without_a_layer_have_no_size():
    history = steps((100, ""), (0, "USER 0"), (30, "RUN uv venv"), (80, "RUN uv pip"), (0, "CMD []"))
    assert layer_sizes(history, 3) == [100, 30, 80]


def test_a_layer_may_be_empty():
    history = steps((100, ""), (0, "USER 0"), (0, "RUN true # buildkit"), (80, "COPY runtime/ /"), (0, "CMD []"))
    assert layer_sizes(history, 3) == [100, 0, 80]


def test_where_it_cannot_be_told_nobody_counts_on_it():
    assert layer_sizes(steps((100, ""), (0, "WORKDIR /x"), (80, "COPY a /")), 3) == [0, 0, 0]


def cached(name, parent="", *, shared=False, in_use=False, size=10):
    return {"ID": name, "Parent": parent, "Shared": shared, "InUse": in_use, "Size": size}


def test_what_no_image_shares_any_more_goes_with_all_that_builds_on_it_and_nothing_else():
    records = [
        cached("base", shared=True),
        cached("numpy", "base"),
        cached("six", "numpy"),
        cached("abandoned", "six"),
        cached("at-work", "numpy", in_use=True),
        cached("strangers", "base"),
        cached("kept", "base", shared=True),
    ]
    found = doomed(records, {"base", "numpy", "six", "kept"})
    assert found == {"numpy": 10, "six": 10, "abandoned": 10}
    assert [*found] == ["abandoned", "six", "numpy"]
