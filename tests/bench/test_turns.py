from collections.abc import Callable

from bench.turns import take_turns


def test_each_is_first_as_often_as_the_others() -> None:
    """Otherwise one of them would always pay for what the last one left behind."""
    called: list[tuple[str, int]] = []

    def noting(name: str) -> Callable[[int], str]:
        def call(number: int) -> str:
            called.append((name, number))
            return f"{name}{number}"

        return call

    samples = take_turns({name: noting(name) for name in "abc"}, rounds=2, warm_up=1)

    assert "".join(name for name, _ in called) == "abcbcacab"
    assert [number for _, number in called] == [-1, -1, -1, 0, 0, 0, 1, 1, 1]
    assert samples == {"a": ["a0", "a1"], "b": ["b0", "b1"], "c": ["c0", "c1"]}
