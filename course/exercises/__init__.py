"""The exercises at the end of each notebook: for every function to be written, a check that helps.

One module for each notebook, so that notebook 01 need not load Keras. `checking` has what they
share.
"""
