"""Query parameters -> what is asked for."""

from dataclasses import dataclass

from logstead import limits
from logstead.errors import FieldProblem, InvalidParameter


@dataclass(frozen=True, slots=True)
class RecentQuery:
    """What `GET /` asks for."""

    limit: int


def parse_recent_query(query: tuple[tuple[str, str], ...]) -> RecentQuery:
    """Return what the query string of `GET /` asks for.

    An unknown name is refused: a mistyped filter must not read as no filter.

    Raises:
        InvalidParameter: naming every parameter that breaks a rule.
    """
    problems = [FieldProblem(name, "is no parameter of this path") for name, _ in query if name != "limit"]
    limit = _parse_limit([value for name, value in query if name == "limit"], problems)
    if problems:
        raise InvalidParameter(
            "The query string breaks the rules of the parameters named in errors.", tuple(problems)
        )
    return RecentQuery(limit)


def _parse_limit(values: list[str], problems: list[FieldProblem]) -> int:
    if not values:
        return limits.READ_LIMIT_DEFAULT
    if len(values) > 1:
        problems.append(FieldProblem("limit", "is given twice"))
    text = values[0]
    if text.isascii() and text.isdigit() and len(text) <= len(str(limits.READ_LIMIT_MAX)):
        limit = int(text)
        if 1 <= limit <= limits.READ_LIMIT_MAX:
            return limit
    problems.append(FieldProblem("limit", f"must be a whole number from 1 to {limits.READ_LIMIT_MAX}"))
    return limits.READ_LIMIT_DEFAULT
