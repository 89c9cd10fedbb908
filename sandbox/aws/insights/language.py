"""The language of Logs Insights, as far as it is known here."""

from __future__ import annotations

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput

from sandbox.aws.refusals import JsonRefusal

GRAMMAR = r"""
start: (_SOURCE _list{source} "|")* _command ("|" _command)*
_list{item}: item ("," item)*
source: STRING
_command: filter | fields | display | stats | sort | limit | dedup
filter: _FILTER either
fields: _FIELDS _list{named}
display: _DISPLAY _list{named}
stats: _STATS _list{named} [_BY by]
by: _list{named}
sort: _SORT _list{order}
order: either [DIRECTION]
limit: _LIMIT NUMBER
dedup: _DEDUP _list{either}
named: either [_AS NAME]

?either: both | both (_OR both)+
?both: negated | negated (_AND negated)+
?negated: _NOT negated -> not_ | comparison
?comparison: sum
    | sum OPERATOR sum -> compared
    | sum _LIKE (STRING | REGEX) -> like
    | sum _NOT _LIKE (STRING | REGEX) -> unlike
    | sum _IN "[" _list{sum} "]" -> among
?sum: product | sum "+" product -> added
    | sum "-" product -> subtracted
?product: unary | product "*" unary -> multiplied | product "/" unary -> divided | product "%" unary -> rest
?unary: "-" unary -> negative | atom
?atom: NUMBER -> number | STRING -> string | NAME "(" [_list{argument}] ")" -> call
    | NAME -> field | "(" either ")"
?argument: "*" -> star | PERIOD -> period | either

_SOURCE.3: /source\b/i
_FILTER.3: /filter\b/i
_FIELDS.3: /fields\b/i
_DISPLAY.3: /display\b/i
_STATS.3: /stats\b/i
_SORT.3: /sort\b/i
_LIMIT.3: /limit\b/i
_DEDUP.3: /dedup\b/i
_BY.3: /by\b/i
_AS.3: /as\b/i
_OR.3: /or\b/i
_AND.3: /and\b/i
_NOT.3: /not\b/i
_LIKE.3: /like\b|=~/i
_IN.3: /in\b/i
DIRECTION.3: /(asc|desc)\b/i
OPERATOR.2: "!=" | "<=" | ">=" | "=" | "<" | ">"
PERIOD.2: /\d+\s*(ms|mo|[smhdwqy])\b/
NAME: /@?[A-Za-z_][\w.]*|`[^`]+`/
NUMBER: /\d+(\.\d+)?/
STRING: /"[^"]*"|'[^']*'/
REGEX: /\/(\\.|[^\/\\])+\//
COMMENT: /#[^\n]*/
%import common.WS
%ignore WS
%ignore COMMENT
"""
_PARSER = Lark(GRAMMAR, parser="lalr", maybe_placeholders=True)


def parsed(text: str) -> list[Tree[Token]]:
    """The query's commands; JsonRefusal says where it is not understood."""
    try:
        return [
            command
            for command in _PARSER.parse(text).children
            if isinstance(command, Tree) and command.data != "source"
        ]
    except UnexpectedInput as error:
        place = text[max(0, error.pos_in_stream or 0) :][:60]
        raise JsonRefusal(
            "MalformedQueryException", f"unexpected, or not known to the sandbox, at: {place!r}"
        ) from None
