"""What judges a pull request, and the workflows that run it."""
