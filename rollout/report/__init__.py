"""The report for leadership: figures of a rollout, and the page that shows them.

Pure: what it is made of is read elsewhere.
"""
