"""The service on this machine: set-up, the emulator, the deploy to it, and `make run`.

Nothing here is part of the deployed service.
"""
