"""The page's colours, light and dark, by what they stand for. A test holds their contrast (WCAG 2.2 AA)."""

from __future__ import annotations

from collections.abc import Mapping

# (on a light ground, on a dark one)
COLOURS: Mapping[str, tuple[str, str]] = {
    "ground": ("#f5f4f0", "#111418"),
    "card": ("#ffffff", "#1a1e24"),
    "ink": ("#1c2127", "#e9e7e2"),
    "muted": ("#5a616a", "#a3abb5"),
    "line": ("#dedcd5", "#323943"),
    "quiet": ("#8d949c", "#6f7883"),
    "accent": ("#1d6f77", "#58b6be"),
    "accent-soft": ("#d5e8e9", "#22424a"),
    "good": ("#2b7041", "#74c38d"),
    "warn": ("#8f5a08", "#e0ab4b"),
    "bad": ("#ac2a20", "#f28b80"),
    "warn-soft": ("#fbf1dc", "#332a18"),
    "good-soft": ("#e6f2e9", "#1a2f21"),
    "level-planned": ("#8d949c", "#737c87"),
    "level-active": ("#1d6f77", "#58b6be"),
    "level-restricted": ("#a37a12", "#d8b04a"),
    "level-throttled": ("#bd5f14", "#e8924f"),
    "level-suspended": ("#ac2a20", "#f28b80"),
    "level-rolled_back": ("#5f3b6e", "#b995ca"),
    "senior": ("#1d4e68", "#8cc3df"),
    "mid": ("#4f93ab", "#4b8ba3"),
    "junior": ("#86a3ac", "#70818b"),
}
TEXT = ("ink", "muted", "accent", "good", "warn", "bad")
GROUNDS = ("ground", "card", "warn-soft", "good-soft")
SHAPES = ("accent", "quiet", "bad", "warn", "good", *(name for name in COLOURS if name.startswith("level-")))
TEXT_AT_LEAST, SHAPES_AT_LEAST = 4.5, 3.0


def variables(dark: bool) -> str:
    """CSS custom properties."""
    return " ".join(f"--{name}: {pair[dark]};" for name, pair in COLOURS.items())


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio of two colours such as #1d6f77."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
