"""Print the JSON schema of a stack file."""

import json

from rollout.stack_file.schema import stack_file_schema

if __name__ == "__main__":
    print(json.dumps(stack_file_schema(), indent=2, ensure_ascii=False))
