"""Who may call, in auth mode `token`: keys, their store, and the gate before every route."""
