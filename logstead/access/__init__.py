"""Who may call, in auth mode `token`: keys, their store, and the gate before every route."""

from typing import Final

KEY_PREFIX: Final = "lsk_"
"""How every access key begins, so that one is known wherever it turns up."""
