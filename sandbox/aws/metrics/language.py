"""The language of metric math, as far as it is known here (CloudWatch user guide, using math expressions)."""

from __future__ import annotations

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput
from moto.cloudwatch.exceptions import ValidationError

GRAMMAR = r"""
?start: either
?either: both | either ("||" | _OR) both -> any
?both: compared | both ("&&" | _AND) compared -> all
?compared: sum | sum OPERATOR sum -> comparison
?sum: product | sum "+" product -> added | sum "-" product -> subtracted
?product: power | product "*" power -> multiplied | product "/" power -> divided
?power: unary | unary "^" power -> raised
?unary: "-" unary -> negative | "+" unary | atom
?atom: NUMBER -> number | STRING -> string | FUNCTION "(" [either ("," either)*] ")" -> call | ID -> id
    | "[" either ("," either)* "]" -> list | "(" either ")"

_OR.3: /OR\b/
_AND.3: /AND\b/
OPERATOR: "==" | "!=" | "<=" | ">=" | "<" | ">"
FUNCTION.2: /[A-Z][A-Z_]*(?=\s*\()/
ID: /[A-Za-z]\w*/
NUMBER: /\d+(\.\d+)?([eE][-+]?\d+)?/
STRING: /'[^']*'/
%import common.WS
%ignore WS
"""
_PARSER = Lark(GRAMMAR, parser="lalr", maybe_placeholders=False)


def parsed(text: str, where: str) -> Tree[Token]:
    """`where`: the query's id. ValidationError says at which place it is not understood."""
    try:
        return _PARSER.parse(text)
    except UnexpectedInput as error:
        place = text[max(0, error.pos_in_stream or 0) :][:60]
        raise ValidationError(
            f"Error in expression '{where}': unexpected, or not known to the sandbox, at: {place!r}"
        ) from None
