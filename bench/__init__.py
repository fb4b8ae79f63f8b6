"""What the service costs and how fast it is: each module is a command, `python -m bench.<name>`."""
