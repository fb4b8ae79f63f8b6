"""What the workflows run to judge a pull request. Standard library only: nothing needs to be installed."""
