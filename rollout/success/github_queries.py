"""What the collector asks GitHub (GraphQL API, public schema), and how a search is worded.

A search holds one author or assignee and one organization: whether several of a kind mean "or" depends on the version
of GitHub's search. Strings that come from the stack file hold no quote and no space outside of quotes
(`rollout.model.fields`), so they cannot add a qualifier of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rollout.success.metrics import WEEK

PAGE = 50
# GitHub searches no further.
RESULTS_AT_MOST = 1000
PAGES_AT_MOST = RESULTS_AT_MOST // PAGE

_SEARCH = """query($search: String!, $login: String!, $after: String%(more)s) {
  user(login: $login) { login }
  search(query: $search, type: ISSUE, first: %(page)d, after: $after) {
    issueCount
    pageInfo { hasNextPage endCursor }
    nodes { %(node)s }
  }
}"""

PULL_REQUESTS = _SEARCH % {
    "more": "",
    "page": PAGE,
    "node": """... on PullRequest {
      createdAt mergedAt author { login } repository { name }
      timelineItems(first: 100, itemTypes: [REVIEW_REQUESTED_EVENT, READY_FOR_REVIEW_EVENT, PULL_REQUEST_REVIEW]) {
        nodes {
          __typename
          ... on ReviewRequestedEvent { createdAt }
          ... on ReadyForReviewEvent { createdAt }
          ... on PullRequestReview { submittedAt author { __typename login } }
        }
      }
    }""",
}

BUGS = _SEARCH % {
    "more": ", $since: DateTime!",
    "page": PAGE,
    "node": """... on Issue {
      repository { name } assignees(first: 20) { nodes { login } }
      timelineItems(first: 100, since: $since, itemTypes: [CLOSED_EVENT, REOPENED_EVENT]) {
        nodes {
          __typename
          ... on ClosedEvent { createdAt }
          ... on ReopenedEvent { createdAt }
        }
      }
    }""",
}


def pull_requests(organization: str, login: str, span: Sequence[date]) -> str:
    """Those of one person that were merged in these weeks."""
    first, last = f"{min(span)}T00:00:00Z", f"{max(span) + WEEK}T00:00:00Z"
    return f"org:{organization} is:pr is:merged author:{login} merged:{first}..{last} sort:created-asc"


def bugs(organization: str, login: str, labels: Sequence[str], span: Sequence[date]) -> str:
    """Those assigned to one person on which anything happened since the first of these weeks began."""
    named = ",".join(f'"{label}"' for label in labels)
    since = f"{min(span)}T00:00:00Z"
    return f"org:{organization} is:issue assignee:{login} label:{named} updated:>={since} sort:created-asc"
