"""Command lines put together from a seed: git's own commands, what moves files, and how a shell joins and wraps them."""

from __future__ import annotations

import random

_SETUPS = [
    *(
        "untracked",
        "below",
        "unstaged",
        "unstaged below",
        "staged",
        "outside",
        "stash",
        "stash of new",
        "branch",
        "tagged",
    ),
    *("committed", "taken back", "patch", "message", "tag message", "commit message", "second", "fresh", "ignored"),
]
_FILES = ("k.txt", "sub/k.txt", "a.txt", "b.txt", "sub/s.txt", "f.txt", "../key.txt", "../message", "README.md")
_INSIDE = ("a.txt", "b.txt", "n.txt", "sub/s.txt", "sub/n.txt", "k.txt", "other/x.txt")
_COMMITS = ("topic", "feat", "main", "t", "stash", "HEAD~1", "origin/main", "ORIG_HEAD", "v9")
_MOVES = (
    "cp {file} {inside}",
    "mv {file} {inside}",
    "cat {file} >> {inside}",
    "cat {file} > {inside}",
    "head -5 {file} | tee {inside} > /dev/null",
    "cp -r sub other",
    "mkdir -p other",
    "echo more >> {inside}",
    'echo "$(cat {file})" > {inside}',
    "sed -i 's/one/two/' {inside}",
    "sed '' {file} > {inside}",
    "python3 -c \"import shutil; shutil.copy('{file}', '{inside}')\"",
    "rm -f {inside}",
    "touch {inside}",
    "git mv a.txt {inside}",
    "git rm -q --cached {inside}",
    "patch -p1 < ../x.diff",
    "F={file}; cp $F {inside}",
)
_STEPS = (
    *(
        "cd sub",
        "cd ..",
        "cd src",
        "cd ../app",
        "cd ../second",
        "cd ../fresh",
        "cd -",
        "pushd sub",
        "popd",
        "cd nowhere",
    ),
    *(
        "git init -q",
        "git status",
        "git log -1",
        "ls",
        "true",
        "false",
        "pwd",
        "export X=1",
        "git fetch -q",
        "git diff",
    ),
    *(
        "git checkout -q {commit}",
        "git checkout -q -b new",
        "git switch -q {commit}",
        "git checkout -q -B new {commit}",
    ),
    *("git stash -q", "git stash -qu", "git stash pop -q", "git stash apply -q", "git checkout {commit} -- {file}"),
    *("git merge -q {commit}", "git merge -q --squash {commit}", "git merge --no-commit --no-ff {commit}"),
    *(
        "git rebase -q {commit}",
        "git cherry-pick {commit}",
        "git cherry-pick -n {commit}",
        "git revert --no-edit {commit}",
    ),
    *(
        "git revert -n {commit}",
        "git reset -q --hard {commit}",
        "git reset -q --soft {commit}",
        "git reset -q {commit}",
    ),
    *("git reset -q", "git pull -q . {commit}", "git pull -q", "git am -q ../p.mbox", "git apply ../x.diff"),
    *(
        "git apply --index ../x.diff",
        "git apply --cached ../x.diff",
        "git branch -f other {commit}",
        "git tag x {commit}",
    ),
    *("git restore --source={commit} {file}", "git restore --staged {file}", "git show {commit}:{file} > {inside}"),
    *("git checkout -q --orphan o", "git config push.default matching", "git worktree add -q ../w {commit}", "cd ../w"),
    *(
        "git fetch -q . {commit}:got",
        "git read-tree {commit}",
        "git update-ref refs/heads/up {commit}",
        "export GIT_DIR=$PWD/.git",
    ),
    *(
        "git tag -a -m x y {commit}",
        "git tag -a -F {file} z",
        "git notes add -F {file}",
        "git clone -q . ../c",
        "cd ../c",
    ),
    *(
        "rm .gitignore",
        "git config diff.relative true",
        "git add -N .",
        "git commit -q --allow-empty -m e",
        "git gc -q",
    ),
)
_ADDS = (
    *(
        "git add -A",
        "git add .",
        "git add --all",
        "git add -u",
        "git add {file}",
        "git add {inside}",
        "git -C sub add -A",
    ),
    *("git -C .. add .", "git add -f {file}", "git add -f .", "git add '*.txt'", "git add *.txt", "ls | xargs git add"),
    *("git add :/", "git stage .", "git add sub", "git add ../sub", "git add -A sub"),
)
_ENDS = (
    *("git commit -qm x", "git commit -qam x", "git commit -qm x {inside}", "git commit -q --amend --no-edit"),
    *("git -C sub commit -qm x", "git commit -q --allow-empty -F {file}", 'git commit -qm "$(cat {file})"'),
    *("git commit -q --allow-empty -C {commit}", "git commit -qm x -i {inside}", "git -C .. commit -qam x"),
    *(
        "git push -q",
        "git push -q origin HEAD",
        "git push -q origin {commit}",
        "git push -q origin {commit}:refs/heads/z",
    ),
    *(
        "git push -q --all",
        "git push -q --tags",
        "git push -q -u origin HEAD",
        "git push -q --follow-tags",
        "git push -qf",
    ),
    *(
        "git push -q ../remote.git HEAD:refs/heads/q",
        "git push -q origin main topic",
        "git commit -qm x && git push -q",
    ),
    *("git -C ../second commit -qm x", "git cherry-pick {commit}", "git am -q ../p.mbox", "git push -q --mirror"),
)
_JOINTS = ("; ", " && ", "\n", " || ", " & wait; ")
_JOINT_WEIGHTS = (8, 10, 4, 1, 0.3)
_WRAPS = (
    *("({})", "{{ {}; }}", "sh -c '{}'", "if true; then {}; fi", "for i in 1; do {}; done", "eval '{}'", "X=$({})"),
    *(
        "f() {{ {}; }}; f",
        "! {}",
        "time {}",
        "env X=1 {}",
        "{} > /dev/null 2>&1",
        "{} | cat",
        "bash <<'EOF'\n{}\nEOF\n",
    ),
)


def composition(seed: int) -> tuple[str, str]:
    """(setup, line)"""
    dice = random.Random(seed)  # noqa: S311
    setup = dice.choice(_SETUPS)
    steps = [_step(dice) for _ in range(dice.choice((0, 1, 1, 2, 2, 3, 4)))]
    steps.append(_filled(dice, dice.choice(_ADDS)))
    if dice.random() < 0.3:
        steps.append(_step(dice))
    steps.append(_filled(dice, dice.choice(_ENDS)))
    if dice.random() < 0.4:
        steps.append(_filled(dice, dice.choice(_ENDS)))
    if dice.random() < 0.15:
        dice.shuffle(steps)
    line = ""
    for step in steps:
        joint = dice.choices(_JOINTS, _JOINT_WEIGHTS)[0] if line and not line.endswith("\n") else ""
        line += joint + step
    return setup, line


def _step(dice: random.Random) -> str:
    return _filled(dice, dice.choice(_MOVES if dice.random() < 0.45 else _STEPS))


def _filled(dice: random.Random, text: str) -> str:
    for name, values in (("{file}", _FILES), ("{inside}", _INSIDE), ("{commit}", _COMMITS)):
        text = text.replace(name, dice.choice(values))
    if dice.random() < 0.12:
        wrap = dice.choice(_WRAPS)
        if ("'" not in text and '"' not in text) or "'{}'" not in wrap:
            text = wrap.format(text)
    return text
