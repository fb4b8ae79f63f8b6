"""The code of the baseline's functions, deployed as it is; they import nothing of this repository."""
