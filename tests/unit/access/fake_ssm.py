"""An in-memory SSM: the calls on parameters that the gate and the command line make."""

from collections.abc import Iterable
from typing import Any

from tests.unit.fakes import client_error


class FakeSSM:
    """SSM parameters by name; `error` fails every call, `reply` stands for every reply.

    A page holds as many as `sizes` says of it, where that says something, else as many as are asked for.
    """

    def __init__(self, parameters: dict[str, str], sizes: Iterable[int] = ()) -> None:
        self.parameters = parameters
        self.sizes = iter(sizes)
        self.error: Exception | None = None
        self.reply: dict[str, Any] | None = None
        self.calls = 0

    def get_parameters_by_path(self, **arguments: Any) -> dict[str, Any]:
        """Return one page."""
        self.calls += 1
        self._fail_now()
        if self.reply is not None:
            return self.reply
        begin = int(arguments.get("NextToken", 0))
        end = begin + min(arguments["MaxResults"], next(self.sizes, arguments["MaxResults"]))
        names = [name for name in sorted(self.parameters) if name.startswith(arguments["Path"] + "/")]
        page: dict[str, Any] = {
            "Parameters": [{"Name": name, "Value": self.parameters[name]} for name in names[begin:end]]
        }
        if end < len(names):
            page["NextToken"] = str(end)
        return page

    def put_parameter(self, **arguments: Any) -> dict[str, Any]:
        """Make a parameter."""
        self._fail_now()
        self.parameters[arguments["Name"]] = arguments["Value"]
        return {}

    def delete_parameter(self, **arguments: Any) -> dict[str, Any]:
        """Delete a parameter."""
        self._fail_now()
        if arguments["Name"] not in self.parameters:
            raise client_error("ParameterNotFound", "DeleteParameter")
        del self.parameters[arguments["Name"]]
        return {}

    def _fail_now(self) -> None:
        if self.error is not None:
            raise self.error
