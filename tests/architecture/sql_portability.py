"""Which SQL may stand outside macros/portable/: what DuckDB and Spark 4.2 both read the same way.

A model is written once and builds on both engines. What differs goes through a dispatched macro of
`dbt_project/macros/portable/`; everything else is held to the lists below.
"""

import re
from collections.abc import Iterator

from sqlglot.dialects import DuckDB
from sqlglot.tokens import Token, TokenType

# Functions of both engines with one meaning. Left out although both know the name:
#   any_value                     DuckDB skips nulls, Spark does not
#   concat                        DuckDB skips nulls, in Spark one null makes all null; use ||
#   date_add, datediff, date_diff order and kind of the arguments
#   date_trunc                    type of the result
#   dayofweek                     Sunday is 0 or 1
#   first, last, mode             depend on order, or break ties differently
#   hash                          another algorithm
#   log                           base 10 or natural; use ln or log10
#   median, percentile_cont       last bits, type of the result
#   ntile                         type of the result
#   regexp_extract                default group
#   regexp_replace                first match or all
#   string_agg, listagg           syntax of the order
#   substring_index, trunc        meaning
SHARED_FUNCTIONS = {
    # aggregates
    *("avg", "bool_and", "bool_or", "corr", "count", "count_if", "covar_pop", "covar_samp"),
    *("max", "min", "stddev_pop", "stddev_samp", "sum", "var_pop", "var_samp"),
    # windows
    *("cume_dist", "dense_rank", "first_value", "lag", "last_value", "lead", "nth_value"),
    *("percent_rank", "rank", "row_number"),
    # nulls and casts
    *("cast", "coalesce", "greatest", "ifnull", "least", "nullif", "try_cast"),
    # numbers
    *("abs", "ceil", "ceiling", "exp", "floor", "ln", "log10", "log2", "mod", "pi", "pow"),
    *("power", "round", "sign", "sqrt"),
    # text
    *("concat_ws", "contains", "left", "length", "lower", "lpad", "ltrim", "md5"),
    *("repeat", "replace", "reverse", "right", "rpad", "rtrim", "split_part", "substr"),
    *("substring", "trim", "upper"),
    # dates
    *("day", "dayofyear", "extract", "hour", "last_day", "make_date", "minute", "month"),
    *("quarter", "second", "weekofyear", "year"),
}
# DuckDB skips rows whose value is null, Spark does not: shared where a filter says which count.
SHARED_WHERE_FILTERED = {"max_by", "min_by"}
SHARED_TYPES = {
    *("bigint", "boolean", "date", "decimal", "double", "float", "int", "integer", "smallint"),
    *("string", "timestamp", "tinyint"),
}
# Words that stand before a bracket without being a function.
STRUCTURE = {
    *("all", "and", "any", "as", "between", "by", "case", "distinct", "else", "except", "exists"),
    *("filter", "from", "group", "having", "ilike", "in", "intersect", "is", "join", "lateral"),
    *("like", "not", "on", "or", "over", "partition", "qualify", "recursive", "rollup", "select"),
    *("sets", "some", "then", "union", "using", "values", "when", "where", "with", "cube"),
}
EXPRESSION = "jinja_expression"

# Syntax of DuckDB that Spark 4.2 has not, or reads otherwise. Not here, since both have them:
# qualify, filter (where ...), group by all, nulls first, is distinct from, ilike, with recursive.
PHRASES = {
    ("*", "exclude"): "write the columns (Spark says except)",
    ("*", "replace"): "write the columns",
    ("distinct", "on"): "use qualify row_number() over (...) = 1",
    ("positional", "join"): "join by a key",
    ("asof", "join"): "join by a condition",
    ("asof", "left"): "join by a condition",
    ("semi", "join"): "use where exists",
    ("anti", "join"): "use where not exists",
    ("by", "name"): "name the columns in order",
    ("at", "time"): "use the macro business_date",
    ("as", "materialized"): "leave the choice to the engine",
    ("using", "sample"): "sample by a hash in portable/",
    ("ignore", "nulls"): "filter the nulls, or dispatch in portable/",
    ("respect", "nulls"): "that is the default",
    ("similar", "to"): "use like",
}
WORDS = {
    "interval": "use the macro add_days: a date plus an interval has another type",
    "pivot": "use case expressions",
    "unpivot": "use union all",
    "glob": "use like",
    "summarize": "name the figures",
    "struct": "keep columns flat, or dispatch in portable/",
    "unnest": "dispatch in portable/",
    "explode": "dispatch in portable/",
}
SYMBOLS = {
    TokenType.DCOLON: "write cast(... as ...)",
    TokenType.L_BRACKET: "lists differ: dispatch in portable/",
    TokenType.L_BRACE: "structs differ: dispatch in portable/",
    TokenType.ARROW: "lambdas and json differ: dispatch in portable/",
    TokenType.DARROW: "json differs: dispatch in portable/",
    TokenType.CARET: "a power in DuckDB, a bitwise or in Spark: use power()",
    TokenType.DSTAR: "use power()",
    TokenType.DIV: "use floor(a / b)",
    TokenType.TILDE: "regular expressions differ: dispatch in portable/",
    TokenType.IDENTIFIER: "a text in Spark: name it without quotes",
}


def sql_of(text: str) -> str:
    """SQL with Jinja taken out: an expression becomes a name, statements and comments vanish."""
    text = re.sub(r"\{#.*?#\}", " ", text, flags=re.DOTALL)
    text = re.sub(r"\{%.*?%\}", " ", text, flags=re.DOTALL)
    return re.sub(r"\{\{.*?\}\}", f" {EXPRESSION} ", text, flags=re.DOTALL)


def sql_in_arguments(text: str) -> Iterator[str]:
    """Texts handed to macros that hold a function call, for they are SQL too."""
    text = re.sub(r"\{#.*?#\}", " ", text, flags=re.DOTALL)
    for block in re.findall(r"\{\{.*?\}\}|\{%.*?%\}", text, flags=re.DOTALL):
        if "exceptions." in block:
            continue
        for double, single in re.findall(r'"([^"]*)"|\'([^\']*)\'', block):
            if re.search(r"\w\(", double or single):
                yield double or single


def violations(text: str) -> list[str]:
    """What a model, macro or test says that Spark would not understand in the same way."""
    found = []
    for sql in (sql_of(text), *sql_in_arguments(text)):
        found += _violations_of_sql(sql)
    return found


def _violations_of_sql(sql: str) -> list[str]:
    tokens = DuckDB().tokenize(sql)
    words = [token.text.lower() for token in tokens]
    return [
        *_unknown_functions(tokens, words),
        *_unknown_types(tokens, words),
        *_foreign_syntax(tokens, words),
    ]


def _unknown_functions(tokens: list[Token], words: list[str]) -> Iterator[str]:
    known = SHARED_FUNCTIONS | SHARED_TYPES | STRUCTURE | {EXPRESSION}
    for position, (token, word) in enumerate(zip(tokens[:-1], words[:-1], strict=True)):
        called = tokens[position + 1].token_type == TokenType.L_PAREN
        is_word = word.isidentifier() and token.token_type not in {
            TokenType.STRING,
            TokenType.IDENTIFIER,
        }
        is_type = position > 0 and words[position - 1] == "as"  # judged as a type, or an alias
        if called and is_word and not is_type and not _names_columns(words, position):
            if word in SHARED_WHERE_FILTERED:
                if _after_bracket(tokens, position + 1) != "filter":
                    yield f"line {token.line}: {word}() skips nulls in DuckDB: add a filter"
            elif word not in known:
                yield f"line {token.line}: {word}() is not shared with Spark"
            elif word == "count" and words[position + 2 : position + 3] == [")"]:
                yield f"line {token.line}: count() is not shared with Spark, write count(*)"


def _after_bracket(tokens: list[Token], opening: int) -> str:
    """The word after the bracket that closes the one at `opening`."""
    depth = 0
    for position in range(opening, len(tokens)):
        kind = tokens[position].token_type
        depth += (kind == TokenType.L_PAREN) - (kind == TokenType.R_PAREN)
        if depth == 0:
            return tokens[position + 1].text.lower() if position + 1 < len(tokens) else ""
    return ""


def _names_columns(words: list[str], position: int) -> bool:
    """Whether `name (a, b) as (` declares the columns of a common table expression."""
    if words[position - 1 : position] not in (["with"], [","], ["recursive"]):
        return False
    end = words.index(")", position) if ")" in words[position:] else len(words)
    return words[end + 1 : end + 3] == ["as", "("]


def _unknown_types(tokens: list[Token], words: list[str]) -> Iterator[str]:
    depth, casts = 0, []
    for position, (token, word) in enumerate(zip(tokens, words, strict=True)):
        if token.token_type == TokenType.L_PAREN:
            depth += 1
            if position and words[position - 1] in {"cast", "try_cast"}:
                casts.append(depth)
        elif token.token_type == TokenType.R_PAREN:
            if casts and casts[-1] == depth:
                casts.pop()
            depth -= 1
        elif word == "as" and casts and casts[-1] == depth and position + 1 < len(words):
            name = words[position + 1]
            if name not in SHARED_TYPES | {EXPRESSION}:
                yield f"line {token.line}: the type {name} is not shared with Spark"


def _foreign_syntax(tokens: list[Token], words: list[str]) -> Iterator[str]:
    for position, (token, word) in enumerate(zip(tokens, words, strict=True)):
        if token.token_type == TokenType.STRING:
            continue
        following = words[position + 1] if position + 1 < len(words) else ""
        if remedy := PHRASES.get((word, following)):
            yield f"line {token.line}: {word} {following}: {remedy}"
        if remedy := WORDS.get(word) if token.token_type != TokenType.IDENTIFIER else None:
            yield f"line {token.line}: {word}: {remedy}"
        if remedy := SYMBOLS.get(token.token_type):
            yield f"line {token.line}: {token.text}: {remedy}"
        if word == "from" and (position == 0 or words[position - 1] == "("):
            yield f"line {token.line}: a query begins with select"
