"""What may be said of a server: the fields of the standard, and our own properties."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic.alias_generators import to_camel

NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
DRIVERS = {
    "postgresql": "postgresql+pg8000",
    "postgres": "postgresql+pg8000",
    "redshift": "postgresql+pg8000",
    "mysql": "mysql+pymysql",
    "sqlserver": "mssql+pymssql",
    "oracle": "oracle+oracledb",
}
SECRET = re.compile(r"password|passwd|secret|token|credential|(api|access|private)_?key", re.I)
EnvironmentName = Annotated[str, Field(pattern=r"^[A-Z_][A-Z0-9_]*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)


class DatabaseServer(_Strict):
    """A table, or view, of a SQL database."""

    type: str
    host: str = ""
    port: int | None = None
    database: str = Field(min_length=1)
    schema_: str | None = Field(None, alias="schema")
    driver: str | None = Field(None, description="SQLAlchemy's name, as mysql+pymysql")
    table: str = Field(min_length=1, description="Of a table or view")
    columns: dict[str, str] = Field(
        {}, description="Contract column: the table's, where it differs"
    )
    cursor: str | None = Field(None, description="Column that grows with every change of a row")
    lag: int = Field(600, ge=0, description="How far behind the cursor is read again")
    deletes: Literal["keys"] | None = None
    max_deleted_share: float = Field(0.5, gt=0, le=1)
    soft_delete_column: str | None = None
    page_size: int = Field(20_000, ge=1)
    timeout: float = Field(300, gt=0)
    ssl: bool = False
    user_env: EnvironmentName | None = None
    password_env: EnvironmentName | None = None

    @property
    def dialect(self) -> str:
        """Of SQLAlchemy, with its driver."""
        return self.driver or DRIVERS[self.type]


Paginator = Literal["none", "offset", "page", "cursor", "link", "header"]
Auth = Literal["none", "bearer", "basic", "apiKey", "oauth2"]
NEEDED = {
    "none": (),
    "bearer": ("token_env",),
    "basic": ("user_env", "password_env"),
    "apiKey": ("key_env",),
    "oauth2": ("token_url", "client_id_env", "client_secret_env"),
}


class ApiServer(_Strict):
    """One endpoint of a REST API that answers JSON."""

    type: str
    location: str
    params: dict[str, str | int | float | bool] = {}
    data_selector: str = Field("$", description="JSONPath of the records in an answer")
    columns: dict[str, str] = Field(
        {}, description="Contract column: path in the record, where it is not the key of its name"
    )
    paginator: Paginator = "none"
    page_size: int | None = Field(None, ge=1)
    size_param: str = "limit"
    offset_param: str = "offset"
    page_param: str = "page"
    first_page: int = Field(1, ge=0)
    next_path: str = Field("next", description="Of the next cursor or link in an answer")
    next_param: str = Field("cursor", description="Parameter that takes the next cursor")
    max_pages: int = Field(100_000, ge=1)
    cursor: str | None = Field(None, description="Path in a record that grows with every change")
    cursor_param: str | None = Field(None, description="Parameter: only what changed since")
    cursor_start: str | None = Field(None, description="Its value in the first fetch")
    lag: int = Field(600, ge=0)
    auth: Auth = "none"
    token_env: EnvironmentName | None = None
    user_env: EnvironmentName | None = None
    password_env: EnvironmentName | None = None
    key_env: EnvironmentName | None = None
    key_name: str = "X-API-Key"
    key_in: Literal["header", "query"] = "header"
    token_url: str | None = None
    client_id_env: EnvironmentName | None = None
    client_secret_env: EnvironmentName | None = None
    scope: str | None = None
    retries: int = Field(5, ge=1, le=20, description="Attempts at one page")
    max_wait: float = Field(120, gt=0, description="Seconds before the next attempt, at most")
    timeout: float = Field(60, gt=0)

    @field_validator("location", "token_url")
    @classmethod
    def _plain_address(cls, value: str | None) -> str | None:
        return value if value is None else plain_address(value)

    @field_validator("params")
    @classmethod
    def _no_secrets(cls, value: dict[str, Any]) -> dict[str, Any]:
        if any(SECRET.search(key) for key in value):
            raise ValueError("a secret must not stand among them: name it by `auth: apiKey`")
        return value

    @model_validator(mode="after")
    def _complete(self) -> ApiServer:
        for name in NEEDED[self.auth]:
            if not getattr(self, name):
                raise ValueError(f"`auth: {self.auth}` needs `{to_camel(name)}`")
        if (self.cursor is None) != (self.cursor_param is None):
            raise ValueError("`cursor` and `cursorParam` go together")
        if self.paginator == "offset" and not self.page_size:
            raise ValueError("`paginator: offset` needs `pageSize`")
        return self


class FolderServer(_Strict):
    """Files of a folder or a bucket, copied as they are."""

    type: Literal["s3", "local"]
    location: str | None = None
    path: str | None = None
    glob: str = "**/*"
    endpoint_url: str | None = None
    region: str | None = None
    access_key_env: EnvironmentName | None = None
    secret_key_env: EnvironmentName | None = None
    session_token_env: EnvironmentName | None = None
    timeout: float = Field(60, gt=0)

    @field_validator("endpoint_url")
    @classmethod
    def _plain_address(cls, value: str | None) -> str | None:
        return value if value is None else plain_address(value)

    @model_validator(mode="after")
    def _one_place(self) -> FolderServer:
        if self.type == "local" and not self.path:
            raise ValueError("`type: local` needs the `path` of a folder")
        if self.type == "s3" and not (self.location or "").startswith("s3://"):
            raise ValueError("`type: s3` needs a `location` as s3://bucket/prefix")
        if (self.access_key_env is None) != (self.secret_key_env is None):
            raise ValueError("`accessKeyEnv` and `secretKeyEnv` go together")
        return self


Options = DatabaseServer | ApiServer | FolderServer


def options_of(kind: str, given: dict[str, Any]) -> Options:
    """The validated options of a server; raise ValueError or ValidationError with the fault."""
    names = _names(_model_of(kind, given))
    for key in given:
        if key not in names and SECRET.search(key):
            raise ValueError(
                f"`{key}` must not stand in a file: put its value into an environment variable and"
                " name that, as `passwordEnv: ERP_PASSWORD`"
            )
    return _model_of(kind, given).model_validate({"type": kind} | given)


def _names(model: type[Options]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def _model_of(kind: str, given: dict[str, Any]) -> type[Options]:
    if kind == "api":
        return ApiServer
    if kind in ("s3", "local"):
        return FolderServer
    if kind in DRIVERS or "driver" in given:
        return DatabaseServer
    raise ValueError(
        f"the type `{kind}` is unknown: it is {', '.join(DRIVERS)}, api, s3 or local, or another"
        " database with its SQLAlchemy `driver`"
    )


def plain_address(address: str) -> str:
    """An address of http(s) without user, password and fragment; raise ValueError if it is none."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("the address must begin with https://")
    if parts.username or parts.password:
        raise ValueError("an address must not hold user or password: name them by `auth`")
    if any(SECRET.search(key) for key, _ in parse_qsl(parts.query)):
        raise ValueError("an address must not hold a secret: name it by `auth: apiKey`")
    return address
