"""What the service costs and how fast it is, beside the specification taken literally.

`python -m bench` asks each question and prints one table; a module that answers one has `measure`. What is
asked now and then only is a command of its own, `python -m bench.<name>`.
"""
